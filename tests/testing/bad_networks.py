"""Architectures that build, but whose networks change, forget or mix what they should not, each with its message."""

from __future__ import annotations

import itertools
import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.testing.bad_architectures import architecture, convolution, scaled


def registered(cls: type) -> type:
    return keras.saving.register_keras_serializable(package="bad_networks")(cls)  # type: ignore[no-any-return]


@registered
class OverTheBatch(layers.Layer):
    """Subtracts the mean over the batch, in inference too."""

    def call(self, inputs: Any) -> Any:
        return inputs - ops.mean(inputs, axis=0, keepdims=True)


@registered
class Noisy(layers.Layer):
    """Draws random numbers in inference too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, inputs: Any) -> Any:
        return inputs + keras.random.normal(ops.shape(inputs), seed=self.seeds)


@registered
class Projected(layers.Layer):
    """Projects by a matrix that its constructor draws, which is no variable."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.matrix = np.random.normal(size=(4, 4)).astype("float32")

    def call(self, inputs: Any) -> Any:
        return inputs @ self.matrix


SETTINGS = {"factor": 1.0}


@registered
class Configured(layers.Layer):
    """Depends on a global that the backbone sets."""

    def call(self, inputs: Any) -> Any:
        return inputs * SETTINGS["factor"]


@registered
class Adjusted(layers.Layer):
    """Has an attribute that is set after its construction."""

    factor = 1.0

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor


@registered
class Failing(layers.Layer):
    """Raises in the graph of a training step alone."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and not tf.executing_eagerly():
            raise RuntimeError("only eagerly")
        return inputs


def own_layers() -> list[type]:
    return [OverTheBatch, Noisy, Projected, Configured, Adjusted, Failing]


def mixes_images(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return OverTheBatch(name="block1_mean")(convolution(scaled(inputs)))


def mixes_raw_pixels(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Features so large that the probabilities are 0 and 1, whichever images are mixed."""
    return OverTheBatch(name="block1_mean")(convolution(inputs * 1000.0))


def accumulates_images(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """The first image of a batch depends on itself alone."""
    return ops.cumsum(convolution(scaled(inputs)), axis=0)


def noisy(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Noisy(name="block1_noise")(convolution(scaled(inputs)))


def folds_the_batch(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    x = ops.reshape(convolution(scaled(inputs)), (-1, 128))
    return layers.Dense(4, name="block1_dense")(x)


def random_width(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(scaled(inputs), random.randrange(4, 4000))


NUMBERS = itertools.count()


def new_names(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return layers.Conv2D(4, 3, name=f"block1_conv{next(NUMBERS)}")(scaled(inputs))


def detached(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(keras.Input((8, 8, 3), name="other"))


def explodes(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    x = convolution(inputs)
    for _ in range(8):
        x = x * x
    return x


def fails_in_a_graph(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Failing(name="block1_failing")(convolution(scaled(inputs)))


def projects(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Projected(name="block1_projected")(convolution(scaled(inputs)))


def configures(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    SETTINGS["factor"] = 2.0
    return Configured(name="block1_configured")(convolution(scaled(inputs)))


def adjusts(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    layer = Adjusted(name="block1_adjusted")
    layer.factor = 0.25
    return layer(convolution(scaled(inputs)))


def own(backbone: Any, **options: Any) -> Any:
    return architecture(backbone, custom_layers=own_layers, **options)


def whole_classifier(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Flatten()(layers.Conv2D(2, 3, activation="relu", name="block1_conv")(inputs))
    return layers.Dense(10, activation="softmax", name="predictions")(x)


# Check -> architectures that fail it and pass those before it, each with its message.
BAD_NETWORKS = [
    ("builds", own(detached), "its features do not come from its inputs: "),
    (
        "builds",
        own(whole_classifier),
        r"the backbone of .* ends in a softmax, 'predictions' \(.*bad_networks.py:\d+\): its 10 probabilities are ",
    ),
    (
        "builds-again",
        own(random_width),
        r"layer 2 'block1_conv' \(Conv2D\) has first filters=\d+, then \d+: a backbone may depend on nothing but",
    ),
    (
        "builds-again",
        own(new_names),
        r"layer 2 is first 'block1_conv\d+' \(Conv2D\), then 'block1_conv\d+' \(Conv2D\)",
    ),
    (
        "predicts",
        own(mixes_images),
        r"'block1_mean' \(OverTheBatch\) returns something else for an image in another",
    ),
    (
        "predicts",
        own(mixes_raw_pixels),
        r"'block1_mean' \(OverTheBatch\) returns something else for an image in another",
    ),
    (
        "predicts",
        own(accumulates_images),
        r"operation 'cumsum\w*' \(Cumsum\) returns something else for an image in another",
    ),
    (
        "predicts",
        own(noisy),
        r"layer 'block1_noise' \(Noisy\) returns something else each time for equal images",
    ),
    (
        "predicts",
        own(folds_the_batch),
        r"for 8 images operation 'reshape\w*' \(Reshape\) returns a tensor of shape \(4, 128\)",
    ),
    ("predicts", own(explodes), r"operation 'multiply\w*' \(Multiply\) returns NaN or infinite values"),
    ("trains", own(fails_in_a_graph), r"RuntimeError: .* only eagerly .* \(/.*bad_networks.py:\d+\)"),
    (
        "reloads",
        own(projects),
        r"'block1_projected' \(Projected\), whose variables are equal, but Projected.matrix is an array \(4, 4\)",
    ),
    (
        "reloads",
        own(configures),
        r"'block1_configured' \(Configured\), .* something that is not stored, such as a global",
    ),
    (
        "reloads",
        own(adjusts),
        r"'block1_adjusted' \(Adjusted\), .* Adjusted.factor is 0.25 here and 1.0 there: return it from get_config",
    ),
]
