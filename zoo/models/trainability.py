"""Which layers and variables of a network train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras


@dataclass(frozen=True, eq=False)
class Freezing:
    """What of a classifier trains, and what does not.

    Args:
        names: of the frozen layers that have weights, or paths of the frozen variables.
        trainable: whether each layer of the network trains.
        variables: those that do not, in layers that do.
    """

    names: tuple[str, ...]
    trainable: Mapping[keras.layers.Layer, bool]
    variables: tuple[keras.Variable, ...] = ()

    def apply(self) -> None:
        """Make it so, whatever was frozen until then."""
        for layer, trainable in self.trainable.items():
            set_layer_trainable(layer, trainable)
        for variable in self.variables:
            variable.trainable = False


def set_layer_trainable(layer: keras.layers.Layer, value: bool) -> None:
    """Of the layer and all its variables, which Keras passes over where the layer itself has the value already."""
    layer.trainable = not value
    layer.trainable = value
