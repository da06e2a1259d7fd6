"""Compares the layers of two networks that the same hyperparameters have built, which must be the same."""

from __future__ import annotations

import json
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from zoo.errors import ContractError
from zoo.models.backbone_errors import GET_CONFIG, call_watched, reported
from zoo.models.keras_state import state_put_aside
from zoo.plugin_code.places import definition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import keras

    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier

    Layer = Mapping[str, Any]  # JSON
    Layers = Sequence[Layer]

ADVICE = (
    "a backbone may depend on nothing but `hp` and `inputs`, not on random numbers, the time or earlier calls"
)
VARYING = {"seed", "shared_object_id"}  # keys of a configuration whose values differ from build to build


def layers_of(network: keras.Model, without: Collection[str] = ()) -> Layers:
    """Return the configurations of the network's layers and operations, or names and classes where it has none.

    Args:
        without: names of layers to leave out, such as those of a head.
    """
    try:
        layers = json.loads(network.to_json())["config"]["layers"]
    except KeyboardInterrupt:
        raise
    except BaseException:  # of a third-party layer, which the round trip reports
        layers = [{"name": each.name, "class_name": type(each).__name__} for each in network.operations]
    return [layer for layer in layers if layer["name"] not in without]


def layers_in_time(architecture: Architecture, network: keras.Model, without: Collection[str] = ()) -> Layers:
    """Return what `layers_of` does.

    Raises:
        TimeLimitError: the `get_config` of a layer does not end.
    """
    return call_watched(architecture, partial(layers_of, network, without), GET_CONFIG, limited=True)


def require_built_again(
    architecture: Architecture,
    layers: Layers | None,
    classifier: Classifier,
    build_again: Callable[[], Layers | None],
) -> None:
    """Refuse an architecture whose layers change from build to build.

    The first build of a process may be another one: a module that the backbone imports then may create layers, so that
    Keras numbers those of the backbone from a later number on.

    Args:
        layers: of the backbone, built before with the same hyperparameters; None: unknown, so nothing is compared.
        build_again: builds the backbone once more with them and returns its layers.

    Raises:
        ContractError: with the first layer that differs; or the backbone fails when it is built once more.
    """
    now = layers_in_time(architecture, classifier.network, classifier.head)
    if layers is None or not change_in(layers, now):
        return
    with reported(architecture), state_put_aside():
        again = build_again() or ()
    if change := change_in(now, again):
        where = definition_of(architecture.backbone)
        raise ContractError(f"architecture '{architecture.name}': {change}{where}: {ADVICE}")


def change_in(layers: Layers, counterparts: Layers) -> str:
    """Return the first difference in words; empty if there are only other seeds of random generators."""
    for number, (layer, counterpart) in enumerate(zip_longest(layers, counterparts, fillvalue=None)):
        if layer != counterpart and (change := _change(layer, counterpart)):
            return f"built twice with the same hyperparameters, it has other layers: layer {number} {change}"
    return ""


def _change(layer: Layer | None, counterpart: Layer | None) -> str:
    first, second = (
        f"'{each['name']}' ({each['class_name']})" if each else "missing" for each in (layer, counterpart)
    )
    if first != second or layer is None or counterpart is None:
        return f"is first {first}, then {second}"
    if "config" not in layer or "config" not in counterpart:
        return ""
    leaves, counterparts = dict(_leaves(layer)), dict(_leaves(counterpart))
    for place in sorted(leaves.keys() | counterparts.keys()):
        if leaves.get(place) != counterparts.get(place) and not VARYING.intersection(place):
            if place[0] == "inbound_nodes":
                return f"{first} has first one input, then another"
            return f"{first} has first {place[-1]}={leaves.get(place)!r}, then {counterparts.get(place)!r}"
    return ""


def _leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # JSON
    """Yield each value in nested JSON with the keys and the positions that lead to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _leaves(inner, (*place, str(key)))
    if not items:
        yield place, value
