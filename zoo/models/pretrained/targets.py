"""The variables of a network that weights are loaded into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.models.variables import named_variables

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Target:
    """A variable of the network.

    Args:
        name: by the network's structure.
        layer: the layer of the network that contains it, directly or in a layer inside it.
    """

    name: str
    variable: keras.Variable
    layer: keras.layers.Layer

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(map(int, self.variable.shape))


def targets_of(network: keras.Model) -> dict[str, Target]:
    """Return name -> variable of the network, in its order."""
    layers = {str(layer.name): layer for layer in network.layers}
    return {
        name: Target(name, variable, layers[name.partition("/")[0]])
        for name, variable in named_variables(network).items()
    }
