"""Refuses a classifier that the registry could not return as it is, and remembers those that passed."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

import keras

from zoo.data.cache_folder import cache_folder
from zoo.errors import TimeLimitError
from zoo.models.backbone_errors import located
from zoo.models.content import custom_objects_in, graph_of, layer_code, objects_in, register_layers_of
from zoo.models.custom_objects import name_of
from zoo.models.round_trip import check_round_trip
from zoo.models.source_code import code_digest
from zoo.plugin_code.places import definition_of
from zoo.workflows.architectures import code_of
from zoo.workflows.workspace import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier

FOLDER = "round-trips"
WIDTHS = ("name", "filters", "units", "rate", "batch_shape", "target_shape", "kernel_size", "trainable")
CHECKS = 6  # changes when a classifier that passed before may fail


def require_round_trip(
    classifier: Classifier, name: str, architecture: Architecture | None, *, adapted: bool = False
) -> None:
    """Check that the classifier can be stored and loaded, unless one like it has passed on this machine.

    A network of Keras's own layers is like another of the same architecture, code and shape of images with the same
    layers, whatever their widths and rates. One with custom layers is like another with the same backbone, if the code
    of these layers and the versions of their libraries are the same.

    Args:
        name: of the architecture.
        architecture: None if its plugin is not loaded.
        adapted: `Architecture.adapt` was called.

    Raises:
        RoundTripError: see `zoo.models.round_trip.check_round_trip`.
        TimeLimitError: the code of a layer does not end.
    """
    with located(architecture) if architecture is not None else contextlib.nullcontext():
        _check_once(classifier, name, architecture, adapted=adapted)


def _check_once(
    classifier: Classifier, name: str, architecture: Architecture | None, *, adapted: bool
) -> None:
    adapt = architecture.adapt if architecture is not None and adapted else None
    graph = _graph_of(classifier)
    custom_layers = register_layers_of(graph or {}, architecture)
    mark = None if graph is None else _mark(classifier, graph, name, architecture, [*custom_layers, adapt])
    if mark is not None and mark.exists():
        return
    place = definition_of(architecture.backbone) if architecture is not None else ""
    complete = adapted or architecture is None or architecture.adapt is None
    check_round_trip(classifier, f"architecture '{name}'", custom_layers, place, complete=complete)
    if mark is not None:
        with contextlib.suppress(OSError):  # without a cache, it is checked again
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()


def _graph_of(classifier: Classifier) -> dict[str, Any] | None:
    """Return the network as JSON; None if it cannot be stored."""
    try:
        return graph_of(classifier.network)
    except (TimeLimitError, KeyboardInterrupt):
        raise
    except BaseException:  # a third-party layer may raise anything, which the check reports
        return None


def _mark(
    classifier: Classifier,
    graph: Mapping[str, Any],
    name: str,
    architecture: Architecture | None,
    returned: Sequence[object],
) -> Path:
    """Return the file that exists once a classifier like this one, whose graph this is, has passed.

    Args:
        returned: what `Architecture.custom_layers` returned, and `Architecture.adapt` or None.
    """
    objects = list(objects_in(graph))
    custom = sorted(set(map(name_of, custom_objects_in(graph))))
    definitions = [*map(keras.saving.get_registered_object, custom), *returned]
    described: dict[str, Any] = {
        "versions": [environment(), CHECKS],
        "architecture": [name, architecture.version, code_of(architecture)] if architecture else [name],
        "shape": [classifier.image_size, classifier.channels],
        "classes": sorted({name_of(config) for config in objects}),
        "code": code_digest(filter(None, definitions)),
        "returned": [getattr(each, "__qualname__", None) for each in returned],
        # Stored with the model after the training, as it is before: see `zoo.models.used_code`.
        "layers": layer_code(graph),
        "graph": [
            node if custom and node["name"] not in classifier.head else _without_widths(node)
            for node in graph["config"]["layers"]
        ],
    }
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    return cache_folder() / FOLDER / digest


def _without_widths(node: Mapping[str, Any]) -> list[object]:
    """Return a layer without what hyperparameters commonly change: its name, widths, rates and inputs."""
    config = {key: value for key, value in node["config"].items() if key not in WIDTHS}
    return [node["class_name"], config]
