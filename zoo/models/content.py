"""A classifier as plain data, as the registry stores it, and back. No code in the data is ever run."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from keras.src.models.functional import Functional  # which has no public name

from zoo.errors import ArtifactError, LayerBuildError, MissingLayerError, ZooError
from zoo.interfaces import Architecture, ModelContent
from zoo.models.backbone_errors import FROM_CONFIG, GET_CONFIG, call_layers
from zoo.models.classifier import Classifier
from zoo.models.custom_objects import (
    is_keras_own,
    is_of_plugin,
    is_registered,
    name_of,
    register_layers,
)
from zoo.models.graph import infer_by_default
from zoo.models.keras_errors import reason_of
from zoo.models.normalization import finalize
from zoo.models.pooling import token_pooling
from zoo.models.precision import round_each_result
from zoo.models.used_code import used_code
from zoo.models.variables import keras_paths, named_variables, statistics_of


def to_content(classifier: Classifier) -> ModelContent:
    """Return the classifier's graph and weights, copied out of Keras.

    Raises:
        ArtifactError: a layer hides some of its weights, which would be lost.
        TimeLimitError: see `graph_of`.
    """
    network = classifier.network
    graph = graph_of(network)
    named, statistics = named_variables(network), statistics_of(network)
    tensors = {name: np.asarray(variable.numpy()) for name, variable in named.items()}
    _require_all(network, tensors)
    return ModelContent(
        graph=graph,
        image_size=classifier.image_size,
        channels=classifier.channels,
        class_names=classifier.class_names,
        head=classifier.head,
        freeze_points=classifier.freeze_points,
        tensors=tensors,
        trainable=tuple(name for name, variable in named.items() if variable.trainable),
        statistics=tuple(name for name, variable in named.items() if id(variable) in statistics),
        layer_code=layer_code(graph),
    )


def graph_of(network: keras.Model) -> dict[str, Any]:
    """Return the configuration of the network as JSON, without how it was compiled.

    Raises:
        TimeLimitError: the `get_config` of a layer does not end. Whatever else it raises passes.
    """
    text = call_layers(network.to_json, GET_CONFIG)
    graph: dict[str, Any] = json.loads(text)
    graph.pop("compile_config", None)
    return graph


def layer_code(graph: Mapping[str, object]) -> dict[str, str]:
    """Return registered name -> digest of the code of each class and function of a plugin in the graph.

    Those of Keras, of other libraries and of zoo's own plugins are left out: their versions are recorded.
    """
    plugins = {name_of(config) for config in objects_in(graph) if is_of_plugin(config)}
    definitions = {name: keras.saving.get_registered_object(name) for name in sorted(plugins)}
    digests = {name: used_code(definition) for name, definition in definitions.items() if definition}
    return {name: digest for name, digest in digests.items() if digest}


def from_content(content: ModelContent) -> Classifier:
    """Build the classifier that the content describes and load its weights.

    Only Keras's own layers are built, and layers that a loaded plugin has registered with
    `keras.saving.register_keras_serializable`; Keras's safe mode refuses code inside the configuration.

    Raises:
        MissingLayerError: the graph has a layer of a plugin that is not loaded.
        LayerBuildError: Keras or a layer's own code cannot build it from the configuration.
        ArtifactError: the graph contains code, or its weights do not match it.
    """
    network = build_network(content.graph)
    assign_tensors(network, content)
    round_each_result(network)
    pool = token_pooling(network, content.head)
    return Classifier(network, content.class_names, content.head, content.freeze_points, pool)


def build_network(graph: Mapping[str, object]) -> keras.Model:
    """Build the network of a stored graph; its weights are new.

    Raises:
        MissingLayerError, LayerBuildError, ArtifactError: as `from_content` does.
    """
    check_layers(graph)
    # Keras modifies the configuration in place, so it gets a copy.
    copied = json.loads(json.dumps(graph))
    try:
        with warnings.catch_warnings():
            # Keras builds a layer without `build` when it calls it, after this warning.
            warnings.filterwarnings("ignore", message=r"`build\(\)` was called on layer")
            deserialize = partial(keras.saving.deserialize_keras_object, copied, safe_mode=True)
            network = call_layers(deserialize, FROM_CONFIG)
    except (ZooError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a third-party layer may raise anything
        raise _build_error(graph, error) from error
    if not isinstance(network, Functional):
        raise LayerBuildError(None, "it is not a functional Keras model")
    infer_by_default(network)
    _restore_names(network, graph)
    return network


def _restore_names(network: keras.Model, graph: Mapping[str, Any]) -> None:
    """Give layers the names in the graph.

    Keras loses that of a layer without `get_config` whose constructor takes `**options`; it must be `**kwargs`.
    """
    nodes = _layers_in(graph)
    names = {node["name"] for node in nodes}
    nameless = [operation for operation in network.operations if operation.name not in names]
    built = {operation.name for operation in network.operations}
    missing = [node for node in nodes if node["name"] not in built]
    for kind in {type(operation).__name__ for operation in nameless}:
        renamed = [operation for operation in nameless if type(operation).__name__ == kind]
        unbuilt = [node for node in missing if node["class_name"] == kind]
        if len(renamed) == len(unbuilt):
            for operation, node in zip(renamed, unbuilt, strict=True):
                operation.name = node["name"]


def _build_error(graph: Mapping[str, Any], error: BaseException) -> LayerBuildError:
    """Return the error that names the layer that cannot be built alone, if there is one."""
    for node in _layers_in(graph):
        try:
            alone = {key: value for key, value in node.items() if key not in ("inbound_nodes", "name")}
            copied = json.loads(json.dumps(alone))
            call_layers(partial(keras.saving.deserialize_keras_object, copied, safe_mode=True), FROM_CONFIG)
        except KeyboardInterrupt:
            raise
        except BaseException as cause:  # as above
            return LayerBuildError(node["name"], reason_of(cause))
    return LayerBuildError(None, reason_of(error))


def _layers_in(graph: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the layers of the graph that are whole enough to have a name and a class; others are damaged."""
    config = graph.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else ()
    return [
        layer
        for layer in (layers if isinstance(layers, list) else ())
        if isinstance(layer, Mapping) and "class_name" in layer and isinstance(layer.get("name"), str)
    ]


def assign_tensors(network: keras.Model, content: ModelContent) -> None:
    """Assign to each variable of the network the content's tensor of its name.

    Raises:
        ArtifactError: a name is missing on either side, or a shape differs.
    """
    named, tensors = keras_paths(network) if content.by_path else named_variables(network), content.tensors
    if named.keys() != tensors.keys():
        odd = sorted(named.keys() ^ tensors.keys())
        raise ArtifactError(f"the weights do not match the graph: {', '.join(odd[:3])} is on one side only")
    for name, variable in named.items():
        if tuple(variable.shape) != tensors[name].shape:
            raise ArtifactError(
                f"the weights do not match the graph: {name} has shape {tensors[name].shape}, "
                f"the graph expects {tuple(variable.shape)}"
            )
        variable.assign(tensors[name])
    finalize(network)


def _require_all(network: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Refuse to store fewer weights than the network has."""
    parameters = sum(int(tensor.size) for tensor in tensors.values())
    if (len(tensors), parameters) != (len(network.weights), network.count_params()):
        raise ArtifactError(
            f"the network has {len(network.weights)} variables with {network.count_params():,} weights, of which zoo "
            f"finds {len(tensors)} with {parameters:,}: a layer must not override `weights` or `variables`"
        )


def check_layers(graph: Mapping[str, object]) -> None:
    """Refuse a graph that contains code, or layers that no loaded plugin has registered.

    Raises:
        MissingLayerError: the graph has a layer of a plugin that is not loaded.
        ArtifactError: it has a Lambda layer.
    """
    for config in objects_in(graph):
        if config["class_name"] in ("Lambda", "__lambda__"):
            raise ArtifactError(
                f"the stored graph contains {_code_named(config)}, which is code and is not loaded; train the "
                "architecture again with a keras.layers.Layer in its place, see Architecture.custom_layers"
            )
    for config in custom_objects_in(graph):
        if not is_registered(config):
            raise MissingLayerError(name_of(config))


def _code_named(config: Mapping[str, Any]) -> str:  # nested JSON
    name = config["config"].get("name") if isinstance(config.get("config"), Mapping) else None
    return f"the Lambda layer '{name}'" if name else "a Lambda layer"


def custom_objects_in(graph: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
    """Yield every serialised object in the configuration that is not Keras's own."""
    return (config for config in objects_in(graph) if not is_keras_own(config))


def register_layers_of(graph: Mapping[str, object], architecture: Architecture | None) -> tuple[object, ...]:
    """Call `register_layers` if the graph needs any; a model of Keras's own layers needs no package of its plugin."""
    return register_layers(architecture) if any(custom_objects_in(graph)) else ()


def objects_in(value: Any) -> Iterator[Mapping[str, Any]]:  # nested JSON
    """Yield every serialised object in the configuration; for Keras, any other mapping is data."""
    if isinstance(value, Mapping):
        if "class_name" in value and "config" in value:
            yield value
        for inner in value.values():
            yield from objects_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)
