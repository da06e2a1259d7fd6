"""The layers and variables of a network that train, and those that are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras


@dataclass(frozen=True, eq=False)
class Freezing:
    """The layers and variables of a classifier that train, and those that do not.

    Args:
        names: of the frozen layers that have weights, or of the frozen variables.
        trainable: layer of the network -> whether it trains.
        variables: frozen ones in layers that train.
    """

    names: tuple[str, ...]
    trainable: Mapping[keras.layers.Layer, bool]
    variables: tuple[keras.Variable, ...] = ()

    def apply(self) -> None:
        """Set the `trainable` flags of all layers, whatever was frozen before."""
        for layer, trainable in self.trainable.items():
            set_layer_trainable(layer, trainable)
        for variable in self.variables:
            variable.trainable = False


def set_layer_trainable(layer: keras.layers.Layer, value: bool) -> None:
    """Set the flag of the layer and all its variables, which Keras skips where the layer already has the value."""
    layer.trainable = not value
    layer.trainable = value
