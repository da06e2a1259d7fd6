"""The small architectures that tests build and train, each under one name; `cli/plugin_files` has those of plugins.

Like a plugin, it imports TensorFlow only when a network is built.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from zoo.interfaces import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras_tuner import HyperParameters

    from zoo.models.classifier import Classifier

    Backbone = Callable[..., Any]

_spaces: WeakKeyDictionary[Backbone, dict[tuple[int, int], HyperParameters]] = WeakKeyDictionary()


def architecture_of(backbone: Backbone, name: str = "small", **fields: Any) -> Architecture:
    """An architecture for images of 8×8 or more."""
    return Architecture(name, backbone, name, "none", **{"min_size": 8, **fields})


def _two_blocks(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for block in ("block1", "block2"):
        filters = hp.Int("filters", 2, 8, default=4)
        x = layers.Conv2D(filters, 3, padding="same", name=f"{block}_conv")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{block}_bn")(x)
        x = layers.ReLU(name=f"{block}_relu")(x)
    return x


def _dropout_between_blocks(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    x = layers.Dropout(0.5, name="block1_drop")(x)
    return layers.Conv2D(2, 3, padding="same", name="block2_conv")(x)


def _augmentation_in_front(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.RandomRotation(0.2, name="rotation")(layers.RandomFlip(name="flip")(x))
    x = layers.Conv2D(2, 3, padding="same", name="block1_conv")(layers.Resizing(8, 8, name="resizing")(x))
    return layers.BatchNormalization(name="block1_bn")(x)


def _two_branches(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    y = layers.Conv2D(2, 3, padding="same", name="block1_more")(x)
    y = layers.Conv2D(2, 3, padding="same", name="block2_conv")(y)
    return layers.Add(name="block2_add")([x, y])


def _one_convolution(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    return layers.Conv2D(2, 3, kernel_initializer="ones", name="conv")(inputs)


def _flattened(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    return layers.Flatten(name="vector")(inputs)


def _no_weights(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    return layers.ReLU(name="relu")(inputs)


# Two blocks of convolution, batch normalization and ReLU.
TINY = architecture_of(_two_blocks, "tiny", freeze_points=("block1", "block2"))
# Dropout between two convolutions.
DROPPING = architecture_of(_dropout_between_blocks, "dropping", freeze_points=("block1", "block2"))
# Layers that Keras has in training mode by default: flips, rotations and resizing.
AUGMENTING = architecture_of(_augmentation_in_front, "augmenting", freeze_points=("block1",))
# Two tensors cross from the first block to the second.
BRANCHING = architecture_of(_two_branches, "branching", freeze_points=("block1", "block2"))
# A single convolution, the same in each build.
CONVOLUTION = architecture_of(_one_convolution, "convolution")
# Features are a vector, so no head pools them.
VECTOR = architecture_of(_flattened, "vector")
WEIGHTLESS = architecture_of(_no_weights, "weightless")


def explored(architecture: Architecture, *, image_size: int, channels: int) -> HyperParameters:
    """The search space of the architecture, explored once per backbone and shape.

    Python's random numbers and Keras's layer names are afterwards the same whether it was explored or not.
    """
    import keras

    from zoo.models.building import SpaceBuilder
    from zoo.models.exploration import explore

    spaces = _spaces.setdefault(architecture.backbone, {})
    if (image_size, channels) not in spaces:
        state = random.getstate()
        builder = SpaceBuilder(architecture, image_size=image_size, channels=channels)
        spaces[image_size, channels] = explore(builder)
        random.setstate(state)
    keras.utils.clear_session(free_memory=False)
    return spaces[image_size, channels]


def build(
    architecture: Architecture = TINY,
    *,
    classes: int = 2,
    image_size: int = 8,
    channels: int = 1,
    **hyperparameters: Any,
) -> Classifier:
    """Build a classifier; named values are hyperparameters, all others have their defaults."""
    from zoo.models.building import build_classifier
    from zoo.models.space import choose

    shape = {"image_size": image_size, "channels": channels}
    hp = choose(explored(architecture, **shape), hyperparameters)
    class_names = tuple(f"class{number}" for number in range(classes))
    return build_classifier(architecture, hp, **shape, class_names=class_names)
