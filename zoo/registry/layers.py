"""A stored model's layers, read from its manifest: no tensor is loaded, and Keras is not needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

from zoo.errors import ArtifactError
from zoo.interfaces import LayerInfo
from zoo.interfaces.freezing import Freezable
from zoo.interfaces.stages import HEAD, Operation, Stage, stages_of

if TYPE_CHECKING:
    from zoo.registry.manifest import Manifest, Variable

FUNCTIONS = ("keras.ops", "keras.src.ops")  # modules of Keras's operations that are not layers

Node = Mapping[str, Any]  # a layer or a function as Keras serialises it


def of_manifest(manifest: Manifest) -> tuple[LayerInfo, ...]:
    """The layers in Keras's order.

    Raises:
        ArtifactError: the graph is not in the form that Keras writes.
    """
    with _readable():
        return _layers(manifest)


def freezable(manifest: Manifest) -> Freezable:
    """The parts of the model that `--freeze` can name.

    Raises:
        ArtifactError: the graph is not in the form that Keras writes.
    """
    with _readable():
        return _freezable(manifest)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ArtifactError(
            f"this version of zoo cannot read the stored graph ({error!r}): upgrade keras-zoo, or restore the "
            "artifacts from a backup"
        ) from error


def _freezable(manifest: Manifest) -> Freezable:
    layers, weights = _layers_and_weights(manifest)
    stages = _stages(manifest, layers, weights)
    backbone = [node["name"] for node in layers if node["name"] not in manifest["head"]]
    return Freezable(
        layers=tuple(backbone),
        weighted=tuple(name for name in backbone if weights[name]),
        head=tuple(manifest["head"]),
        find_stages=lambda: stages,
        freeze_points=tuple(manifest["freeze_points"]),
        find_variables=lambda: _can_train(manifest, backbone, weights),
    )


def _can_train(
    manifest: Manifest, backbone: list[str], weights: Mapping[str, list[Variable]]
) -> list[str] | None:
    if manifest["format"] == 1:  # its names are not those of the network that is built from it
        return None
    return [variable["name"] for name in backbone for variable in weights[name] if not variable["statistic"]]


def _layers_and_weights(manifest: Manifest) -> tuple[list[Node], dict[str, list[Variable]]]:
    """The nodes that are layers, and layer name -> its variables."""
    layers = [node for node in _nodes(manifest) if not str(node["module"]).startswith(FUNCTIONS)]
    return layers, _weights_of(layers, manifest["variables"])


def _nodes(manifest: Manifest) -> list[Node]:
    return manifest["graph"]["config"]["layers"]  # type: ignore[index, no-any-return]  # JSON


def _stages(
    manifest: Manifest, layers: list[Node], weights: Mapping[str, list[Variable]]
) -> tuple[Stage, ...]:
    operations = [
        Operation(
            node["name"],
            frozenset(_parents(node)),
            is_layer=node in layers,
            has_weights=bool(weights.get(node["name"])),
        )
        for node in _nodes(manifest)
    ]
    return stages_of(operations, manifest["head"], manifest["freeze_points"])


def _layers(manifest: Manifest) -> tuple[LayerInfo, ...]:
    layers, weights = _layers_and_weights(manifest)
    stages = _stages(manifest, layers, weights)
    stage_of = {layer: stage.name for stage in stages for layer in stage.layers}
    infos: list[LayerInfo] = []
    number = 0
    for index, node in enumerate(layers):
        own = weights[node["name"]]
        can_freeze = bool(own) and node["name"] in stage_of
        number += can_freeze
        infos.append(
            LayerInfo(
                index=index,
                name=node["name"],
                type=node["class_name"],
                stage=stage_of.get(node["name"], HEAD),
                parameters=sum(math.prod(variable["shape"]) for variable in own),
                frozen=_frozen(node, own),
                number=number if can_freeze else None,
            )
        )
    return tuple(infos)


def _weights_of(layers: list[Node], variables: list[Variable]) -> dict[str, list[Variable]]:
    """Layer name -> its variables, whose paths start with that name.

    In a manifest of format 1 a sublayer of a plugin's custom layer that was built before the layer has a path of its
    own. Variables are stored in the order of layers, so it belongs to the first custom layer at or after the layer of
    the variable before it.
    """
    names = [str(layer["name"]) for layer in layers]
    weights: dict[str, list[Variable]] = {name: [] for name in names}
    place = 0
    for variable in variables:
        owner = variable["name"].partition("/")[0]
        if owner in weights:
            place = names.index(owner)
        else:
            custom = (index for index in range(place, len(layers)) if layers[index]["registered_name"])
            place = next(custom, place)
        weights[names[place]].append(variable)
    return weights


def _frozen(node: Node, weights: list[Variable]) -> Literal["yes", "no", "partly"] | None:
    if not weights:
        return None
    if not (node["config"].get("trainable", True) and any(variable["trainable"] for variable in weights)):
        return "yes"
    frozen = [variable for variable in weights if not variable["trainable"]]
    return "no" if all(variable["statistic"] for variable in frozen) else "partly"


def _parents(node: Node) -> Iterator[str]:
    """Names of the layers and functions whose outputs are the node's inputs."""
    for value in _keras_tensors(node["inbound_nodes"]):
        yield value["config"]["keras_history"][0]


def _keras_tensors(value: Any) -> Iterator[Node]:  # nested JSON
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield cast("Node", value)
        else:
            for inner in value.values():
                yield from _keras_tensors(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keras_tensors(inner)
