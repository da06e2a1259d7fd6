"""Small modules for `tfhub`, exported as people export them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras_tuner import HyperParameters
from zoo_plugins.tfhub import zoo_architectures

from zoo.models.building import build_classifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.models.classifier import Classifier

(TFHUB,) = zoo_architectures()
SIZE = 8
ANY_SIZE = (None, None, None, 3)


def variable(name: str, shape: tuple[int, ...], *, trainable: bool = True, value: float | None = None) -> Any:
    """A variable of a module; random values, the same each time, unless `value` is given."""
    drawn = (
        np.random.default_rng(len(name)).normal(0.0, 0.3, shape) if value is None else np.full(shape, value)
    )
    return tf.Variable(drawn.astype("float32"), name=name, trainable=trainable)


class Network(tf.Module):
    """Convolution, a batch normalisation of its own, a dense layer; 5 features. Names as in a slim network."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = variable("Net/conv/weights", (3, 3, 3, 4))
        self.scale = variable("Net/bn/gamma", (4,), value=1.0)
        self.mean = variable("Net/bn/moving_mean", (4,), trainable=False, value=0.0)
        self.dense = variable("Net/dense/weights", (4, 5))
        self.unused = variable("Net/unused", (2,))

    @tf.function
    def __call__(self, images: Any, training: bool = False) -> Any:
        maps = tf.nn.conv2d(images, self.kernel, 1, "SAME")
        mean = tf.reduce_mean(maps, [0, 1, 2])
        if training:
            self.mean.assign(0.5 * self.mean + 0.5 * mean)
        else:
            mean = tf.convert_to_tensor(self.mean)
        return tf.reduce_mean(tf.nn.elu((maps - mean) * self.scale), [1, 2]) @ self.dense


def save_network(
    folder: Path, *, modes: tuple[bool, ...] = (True, False), trainable: tuple[str, ...] = ()
) -> str:
    """`Network` in a reusable SavedModel; `trainable`: attributes that the module lists as trainable."""
    network = Network()
    for mode in modes:
        network.__call__.get_concrete_function(tf.TensorSpec(ANY_SIZE), training=mode)
    if trainable:
        listing = tf.train.Checkpoint()
        listing.__call__ = network.__call__
        listing.network = network
        listing.trainable_variables = [getattr(network, name) for name in trainable]
        tf.saved_model.save(listing, str(folder))
    else:
        tf.saved_model.save(network, str(folder))
    return str(folder)


def save_function(folder: Path, function: Callable[..., Any], *specs: Any, **variables: Any) -> str:
    """A module whose `__call__` is this function of its variables and its inputs, and has no `training`."""
    module = tf.Module()
    module.kept = variables
    module.__call__ = tf.function(lambda *inputs: function(*inputs, **variables))
    module.__call__.get_concrete_function(*(specs or (tf.TensorSpec(ANY_SIZE),)))
    tf.saved_model.save(module, str(folder))
    return str(folder)


def save_maps(folder: Path, shape: tuple[int | None, ...] = ANY_SIZE) -> str:
    """Feature maps (batch, h, w, 4) of one convolution, for images of this shape; no `training`."""
    return save_function(
        folder,
        lambda images, kernel: tf.nn.conv2d(images, kernel, 1, "SAME"),
        tf.TensorSpec(shape),
        kernel=variable("kernel", (3, 3, shape[3], 4)),
    )


def save_signature(folder: Path, function: Callable[..., Any], *specs: Any, **variables: Any) -> str:
    """A module that cannot be called and has just a serving signature, of this function."""
    module = tf.Module()
    module.kept = variables
    module.serve = tf.function(lambda *inputs: function(*inputs, **variables))
    serving = module.serve.get_concrete_function(*(specs or (tf.TensorSpec(ANY_SIZE, name="images"),)))
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serving})
    return str(folder)


def save_keras(folder: Path, side: int = 8) -> str:
    """Write the export of Keras's `model.export`, of convolution and batch normalisation."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((side, side, 3)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(4, 3),
        ]
    )
    model.export(folder, verbose=False)
    return str(folder)


def save_first_generation(folder: Path) -> str:
    """A SavedModel of TensorFlow 1: a graph and a session's values, no functions."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, ANY_SIZE)
        scale = v1.get_variable("scale", initializer=[1.0, 2.0, 3.0], use_resource=True)
        features = tf.reduce_mean(images, [1, 2]) * scale
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        signature = v1.saved_model.predict_signature_def({"images": images}, {"features": features})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    return str(folder)


def built(handle: str, *, size: int = SIZE, **values: Any) -> Classifier:
    """A classifier of two classes on this module."""
    hp = HyperParameters()  # `tfhub` declares nothing that is searched, so its space need not be explored
    for name, value in {"handle": handle, "dropout": 0.0, **values}.items():
        hp.Fixed(name, value)
    return build_classifier(TFHUB, hp, image_size=size, channels=3, class_names=("a", "b"))
