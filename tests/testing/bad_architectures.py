"""Architectures that break the contract in one way each, and the words of the check's message."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from zoo import Architecture, ZooError
from zoo.testing import ARCHITECTURE_CHECKS

# This module imports Keras at its top, which is a case of its own.
IN_THIS_PROCESS = [check for check in ARCHITECTURE_CHECKS if check != "imports-without-tensorflow"]


@keras.saving.register_keras_serializable(package="bad")
class Forgetful(layers.Layer):
    """Its configuration lacks its argument."""

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


@keras.saving.register_keras_serializable(package="bad")
class Restless(layers.Layer):
    """Counts its calls in TensorFlow's variable, frozen or not."""

    def build(self, input_shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", name="calls", trainable=False)
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Any) -> Any:
        self.calls.value.assign_add(1.0)
        return inputs * self.scale


@keras.saving.register_keras_serializable(package="bad")
class InPython(layers.Layer):
    """Computes in Python, which no other process can."""

    def call(self, inputs: Any) -> Any:
        doubled = tf.py_function(lambda pixels: pixels * 2, [inputs], tf.float32)
        return tf.ensure_shape(doubled, inputs.shape)


@keras.saving.register_keras_serializable(package="bad")
class Backwards(layers.Layer):
    """Has a gradient that points the wrong way."""

    def build(self, input_shape: Any) -> None:
        self.shift = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="shift")

    def call(self, inputs: Any) -> Any:
        @tf.custom_gradient
        def turned(values: Any) -> Any:
            return values, lambda upstream: -upstream

        return turned(inputs + self.shift)


@keras.saving.register_keras_serializable(package="bad")
class Muted(layers.Layer):
    """Lets nothing through, and no gradient but zeros."""

    def call(self, inputs: Any) -> Any:
        return inputs * 0.0


@keras.saving.register_keras_serializable(package="bad")
class Traced(layers.Layer):
    """Computes something else in a graph."""

    def call(self, inputs: Any) -> Any:
        return inputs * (1.0 if tf.executing_eagerly() else 50.0)


@keras.saving.register_keras_serializable(package="bad")
class Table(layers.Layer):
    """Levels of brightness through a lookup table, which is no variable but leaves with the network."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        levels = tf.lookup.KeyValueTensorInitializer(tf.range(256), tf.range(256) // 64)
        self.levels = tf.lookup.StaticHashTable(levels, default_value=0)

    def call(self, inputs: Any) -> Any:
        return tf.cast(self.levels.lookup(tf.cast(inputs, tf.int32)), tf.float32)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape


def convolution(inputs: Any, filters: int = 4) -> Any:
    return layers.Conv2D(filters, 3, strides=2, padding="same", name="block1_conv")(inputs)


def scaled(inputs: Any) -> Any:
    return layers.Rescaling(1 / 255, name="rescaling")(inputs)


def good(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Keeps the contract."""
    return convolution(scaled(inputs), hp.Int("filters", 2, 8))


def not_for_colour(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    if inputs.shape[-1] == 1:
        raise ValueError("colour is needed")
    return good(hp, inputs)


def strange_default(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(scaled(inputs), hp.Int("filters", 2, 8, default=9))


def breaks_for_some(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    if hp.Int("filters", 2, 8, default=2) > 6:
        raise ValueError("too many filters")
    return convolution(scaled(inputs))


LATE = tf.Variable(tf.ones((3,)), name="late")


class Borrowing(layers.Layer):
    """Around somebody else's variables, as people wrap modules of TF-Hub."""

    def call(self, pixels: Any) -> Any:
        return pixels * LATE


def never_trains(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(Borrowing(name="module")(scaled(inputs)))


def stops_the_gradient(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return keras.ops.stop_gradient(convolution(scaled(inputs)))


def turns_the_gradient(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Backwards(name="block1_turn")(convolution(scaled(inputs)))


def forgets(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Forgetful(3.0, name="forgetful")(convolution(scaled(inputs)))


def moves(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Restless(name="block1_restless")(convolution(scaled(inputs)))


def needs_python(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(InPython(name="python")(scaled(inputs)))


def unknown_layer(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Forgetful(name="block1_own")(convolution(scaled(inputs)))


def too_small(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return layers.Conv2D(2, 32, name="block1_conv")(inputs)


def windows(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    _, height, width, channels = inputs.shape
    x = layers.Reshape((height // 4, 4, width // 4, 4 * channels), name="block1_windows")(scaled(inputs))
    return convolution(layers.Reshape((-1, width // 4, 4 * channels), name="block1_rows")(x))


def refuses_large_images(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    if inputs.shape[1] > 8:
        raise ZooError("takes 8×8 only: give --image-size 8")
    return good(hp, inputs)


def fixed_batch(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    features = convolution(inputs)
    return keras.ops.reshape(features, (8, math.prod(features.shape[1:])))


def two_tensors(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return inputs, inputs


def planned(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """With an option that is not searched."""
    return convolution(scaled(inputs), int(hp.Fixed("plan", "2")))


def no_weights(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return layers.AveragePooling2D(2, name="block1_pool")(inputs)


def idle_half(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """The second block adds nothing."""
    x = convolution(scaled(inputs))
    return x + Muted(name="block2_muted")(layers.Conv2D(4, 1, name="block2_conv")(x))


def a_function(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return layers.Lambda(lambda x: x * 2, name="double")(convolution(scaled(inputs)))


def hidden_between_extremes(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Declares something for one number alone, which is neither the least nor the greatest."""
    if hp.Int("blocks", 1, 3) == 2:
        hp.Int("hidden", 1, 3)
    return convolution(scaled(inputs))


def traced(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(Traced(name="traced")(scaled(inputs)))


def with_a_table(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return convolution(Table(name="table")(inputs))


def blocks(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """By default there is one block of up to three."""
    for number in range(hp.Int("blocks", 1, 3, default=1)):
        inputs = layers.Conv2D(2, 3, padding="same", name=f"block{number + 1}_conv")(inputs)
    return inputs


def nested(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return keras.Sequential([layers.Conv2D(4, 3)], name="inner")(scaled(inputs))


def architecture(backbone: Any, **options: Any) -> Architecture:
    return Architecture(
        name=backbone.__name__.replace("_", "-"),
        backbone=backbone,
        summary="bad",
        reference="none",
        **{"min_size": 8, "freeze_points": ("block1",), **options},
    )


def own_layers() -> list[type]:
    return [Forgetful, Restless, InPython, Backwards, Muted, Traced, Table]


GOOD = architecture(good, presets={"small": {"filters": 2, "dropout": 0.0}})
# Check -> architectures that fail it and pass those before it, each with its message.
BAD = [
    (
        "imports-without-tensorflow",
        architecture(good),
        "importing .*bad_architectures imports tensorflow, keras",
    ),
    (
        "builds",
        architecture(too_small),
        r"images of 8×8×3: ValueError: Computed output size .* \(/.*bad_architectures.py:\d+\): fix the backbone",
    ),
    (
        "builds",
        architecture(windows),
        (
            r"images of 21×21×3: .*bad_architectures.py:\d+\): it builds for 12×12; if only multiples of 4 fit, write "
            r"sizes=zoo.Sizes\(step=4\) into its Architecture$"
        ),
    ),
    (
        "builds",
        architecture(refuses_large_images),
        "with the defaults and images of 21×21×3: takes 8×8 only: give --image-size 8$",
    ),
    ("builds", architecture(fixed_batch), r"the network returns \(8, 2\), not \(None, 2\): keep the batch"),
    ("builds", architecture(two_tensors), "backbone returns 2 tensors in a tuple: return one"),
    ("builds", architecture(not_for_colour), "images of 8×8×1: ValueError: colour is needed"),
    (
        "builds",
        architecture(nested),
        r"'inner' is a model inside the model: lay it flat with `zoo.flatten\(model, inputs\)`",
    ),
    ("defaults", architecture(strange_default), "filters must be a whole number from 2 to 8, got '9'"),
    (
        "presets",
        architecture(good, presets={"large": {"filters": 99}}),
        "preset 'large': filters must be a whole number from 2 to 8, got '99'",
    ),
    (
        "presets",
        architecture(good, presets={"typo": {"filter": 4}}),
        "preset 'typo': unknown hyperparameter 'filter': did you mean 'filters'",
    ),
    (
        "presets",
        architecture(good, presets={"text": {"filters": "4"}}),
        "preset 'text' must have values of the right type: write filters=4$",
    ),
    (
        "presets",
        architecture(planned, presets={"many": {"plan": "many"}}),
        "preset 'many': with plan=many and images of 8×8×3: ValueError: invalid literal",
    ),
    ("draws", architecture(breaks_for_some), "with .*filters=[78].*: ValueError: too many filters"),
    (
        "draws",
        architecture(hidden_between_extremes),
        "with .*blocks=2.*: its search space lacks hidden, which would stay at its default",
    ),
    ("trains", architecture(never_trains), r"belong to no layer and never train \(late:0\)"),
    ("trains", architecture(no_weights), "the backbone has no weights that train"),
    ("trains", architecture(stops_the_gradient), "2 of 2 weights get no gradient, so they never train"),
    (
        "trains",
        architecture(turns_the_gradient, custom_layers=own_layers),
        "a step against the gradient leaves",
    ),
    (
        "freezes-at",
        architecture(good, freeze_points=("block1", "block7")),
        "no network has a layer of the stage block7",
    ),
    (
        "frozen",
        architecture(moves, custom_layers=own_layers),
        "block1_restless/calls changed in a training step",
    ),
    (
        "frozen",
        architecture(idle_half, custom_layers=own_layers, freeze_points=("block1", "block2")),
        "frozen with --freeze block1, no other weight of the backbone changed",
    ),
    ("builds", architecture(a_function), "'double' is a Lambda layer, whose code is not stored"),
    (
        "reloads",
        architecture(forgets, custom_layers=own_layers),
        r"the first to differ is layer 'forgetful' \(Forgetful\), .* Forgetful.factor is 3.0 here and 1.0 there",
    ),
    ("reloads", architecture(unknown_layer), r"layer \(Forgetful, .*\): it is registered, but"),
    ("exports", architecture(needs_python, custom_layers=own_layers), "the exported network calls Python"),
    (
        "exports",
        architecture(traced, custom_layers=own_layers),
        r"in a TensorFlow graph, .* up to 0\..*: layer 'traced' \(Traced\) must not depend on Python",
    ),
]
