"""Small networks with frozen layers, and what hears of these, for the tests of kept features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras_tuner import HyperParameters

from zoo.interfaces import Architecture, FeatureOptions, Progress
from zoo.models.building import build_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

ON, OFF, AUTO = (FeatureOptions(mode) for mode in ("on", "off", "auto"))
COMPUTED = "frozen layers are computed in each epoch: "


class Watcher(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.computed = 0

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        self.computed += work == "computing activations"


def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Two blocks, the first with everything that a frozen one may have but what draws."""
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = keras.layers.Conv2D(4, 3, padding="same", name="block1_conv")(x)
    x = keras.layers.BatchNormalization(name="block1_bn")(x)
    x = keras.layers.ReLU(name="block1_relu")(x)
    return keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="block2_conv")(x)


def dropping(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Dropout between two blocks."""
    x = keras.layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    x = keras.layers.Dropout(0.5, name="block1_drop")(x)
    return keras.layers.Conv2D(2, 3, padding="same", name="block2_conv")(x)


def branching(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Two tensors cross before the second block."""
    x = keras.layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    y = keras.layers.Conv2D(2, 3, padding="same", name="block1_more")(x)
    y = keras.layers.Conv2D(2, 3, padding="same", name="block2_conv")(y)
    return keras.layers.Add(name="block2_add")([x, y])


def built(network: Callable[..., Any] = backbone, **head: Any) -> Classifier:
    """The same one each time."""
    keras.utils.set_random_seed(1)
    hp = HyperParameters()
    for name, value in head.items():
        hp.Fixed(name, value)
    architecture = Architecture("small", network, "small", "none", freeze_points=("block1", "block2"))
    return build_classifier(architecture, hp, image_size=8, channels=1, class_names=("class0", "class1"))
