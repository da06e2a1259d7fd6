"""Names for a network's variables that depend on its structure alone, so that they are unique and stable.

Keras's `variable.path` is neither: two layers inside a custom layer may have the same name, and a layer without a name
is numbered over the whole process.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import keras

from zoo.models.layer_names import automatic_name, free_name

if TYPE_CHECKING:
    from collections.abc import Iterator


def named_variables(network: keras.Model) -> dict[str, keras.Variable]:
    """Return name -> variable for every weight of the network, each once, layer by layer in Keras's order.

    A name is `LAYER/PLACE`, where the place is the path of attributes from the layer to the variable, with the position
    in a list and the key in a dict: `conv1/kernel`, `encoder/blocks/0/mlp/kernel`. Leading underscores are dropped, and
    so is a private attribute that is a dict: its keys are names already. Inside a functional or sequential model
    layers have no attributes; there the place is the layer's name, or its class and number in that model if it was
    not named. States of random generators are not weights and have no name.
    """
    names = _Names()
    for layer in network.layers:
        names.add(layer, str(layer.name))
    return names.named


def statistics_of(network: keras.Model) -> frozenset[int]:
    """Return the ids of the variables that never train, frozen or not, such as moving means and counters."""
    flat: list[Any] = network._flatten_layers()  # Keras has no public name for layers inside layers
    return frozenset(id(variable) for layer in flat for variable in layer._non_trainable_variables)


def keras_paths(network: keras.Model) -> dict[str, keras.Variable]:
    """Return the names that variables have in manifests of format 1: Keras's paths.

    Variables that have no name in Keras are numbered within their layer.
    """
    by_path = {}
    for layer in network.layers:
        for number, variable in enumerate(layer.weights):
            path = str(variable.path)
            if re.fullmatch(r"variable(_\d+)?", variable.name):
                path = f"{path.removesuffix(variable.name)}variable_{number}"
            by_path[path] = variable
    return by_path


class _Names:
    """Names that were given so far. A layer or a variable that is met again keeps its first name."""

    def __init__(self) -> None:
        self.named: dict[str, keras.Variable] = {}
        self._seen: set[int] = set()

    def add(self, layer: Any, prefix: str) -> None:
        """Name the variables of the layer and of the layers inside it."""
        if id(layer) in self._seen:
            return
        self._seen.add(id(layer))
        # Keras has no public names for the variables and layers that a layer tracks itself.
        own = layer._trainable_variables + layer._non_trainable_variables
        places = _places(layer)
        for number, variable in enumerate(own):
            if id(variable) not in self._seen:
                self._seen.add(id(variable))
                name = f"{prefix}/{places.get(id(variable), f'variable_{number}')}"
                self.named[free_name(name, self.named, first=2)] = variable
        taken: dict[str, int] = {}
        for number, inner in enumerate(layer._layers):
            place = places.get(id(inner), f"layer_{number}")
            taken[place] = taken.get(place, 0) + 1
            self.add(inner, f"{prefix}/{place}" if taken[place] == 1 else f"{prefix}/{place}_{taken[place]}")


def _places(layer: Any) -> dict[int, str]:
    """Return id of a variable or layer that this layer holds -> its place."""
    if isinstance(layer, keras.Sequential) or _is_functional(layer):
        return {**_attributes(layer, variables=True), **_members(layer)}
    return _attributes(layer)


def _is_functional(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and hasattr(layer, "_operations")


def _members(model: Any) -> dict[int, str]:
    """Return the places of a functional or sequential model's layers."""
    places, counts = {}, dict[str, int]()
    for layer in model._layers:
        automatic = automatic_name(layer)
        if automatic is not None:
            counts[automatic] = counts.get(automatic, 0) + 1
            places[id(layer)] = f"{automatic}_{counts[automatic]}"
        else:
            places[id(layer)] = str(layer.name).removeprefix(f"{model.name}_")
    return places


def _attributes(layer: Any, *, variables: bool = False) -> dict[int, str]:
    """Return the places of what the layer's attributes hold.

    Args:
        variables: leave the layers out.
    """
    kinds = keras.Variable if variables else (keras.Variable, keras.layers.Layer)
    places: dict[int, str] = {}
    for attribute in sorted(vars(layer).keys() - _of_keras()):
        if attribute.startswith("_self_"):  # TensorFlow's own lists of what a layer holds
            continue
        content, start = vars(layer)[attribute], attribute.lstrip("_")
        keys_are_names = attribute.startswith("_") and isinstance(content, dict)
        for value, place in _held(content, "" if keys_are_names else start, kinds, set()):
            places.setdefault(id(value), place.removeprefix("/"))
    return places


def _held(value: Any, place: str, kinds: Any, containers: set[int]) -> Iterator[tuple[Any, str]]:
    """Yield the variables and layers in a value, such as a list, with their places."""
    if isinstance(value, kinds):
        yield value, place
        return
    if not isinstance(value, list | tuple | dict) or id(value) in containers:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield from _held(inner, f"{place}/{key}", kinds, containers | {id(value)})


@cache
def _of_keras() -> frozenset[str]:
    """Return the attributes of every layer and model, which Keras sets itself."""
    return frozenset({*vars(keras.layers.Layer(name="plain")), *vars(keras.Model(name="plain"))})
