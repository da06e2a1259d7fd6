"""A classifier as plain data, as the registry stores it, and back. No code in the data is ever run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from zoo.errors import ArtifactError, MissingLayerError
from zoo.interfaces import ModelContent
from zoo.models.classifier import Classifier
from zoo.models.normalization import finalize
from zoo.models.pooling import token_pooling
from zoo.models.variables import keras_paths, named_variables, statistics_of


def to_content(classifier: Classifier) -> ModelContent:
    """Return the classifier's graph and weights, copied out of Keras.

    Raises:
        ArtifactError: a layer hides some of its weights, which would be lost.
    """
    network = classifier.network
    graph = json.loads(network.to_json())
    graph.pop("compile_config", None)
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
    )


def from_content(content: ModelContent) -> Classifier:
    """Build the classifier that the content describes and load its weights.

    Only Keras's own layers are built, and layers that a loaded plugin has registered with
    `keras.saving.register_keras_serializable`; Keras's safe mode refuses code inside the configuration.

    Raises:
        MissingLayerError: the graph has a layer of a plugin that is not loaded.
        ArtifactError: the graph cannot be built, or its weights do not match it.
    """
    check_layers(content.graph)
    try:
        # Keras modifies the configuration in place, so it gets a copy.
        network = keras.saving.deserialize_keras_object(json.loads(json.dumps(content.graph)), safe_mode=True)
        if not isinstance(network, keras.Model):
            raise TypeError("it is not a Keras model")
    except (TypeError, ValueError, KeyError) as error:
        raise ArtifactError(
            f"the stored graph cannot be built by Keras {keras.__version__}: {error}; "
            "load it with the versions that `zoo show` lists"
        ) from error
    assign_tensors(network, content)
    pool = token_pooling(network, content.head)
    return Classifier(network, content.class_names, content.head, content.freeze_points, pool)


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
    for config in _objects(graph):
        module, name = str(config.get("module") or ""), str(config["class_name"])
        registered = config.get("registered_name")
        if name in ("Lambda", "__lambda__"):
            raise ArtifactError(
                f"the stored graph contains {_code_named(config)}, which is code and is not loaded; train the "
                "architecture again with a keras.layers.Layer in its place, see Architecture.custom_layers"
            )
        # Names such as __keras_tensor__ are Keras's own marks for values, with no module and no code.
        if module.split(".")[0] in ("keras", "builtins") or (not module and name.startswith("__")):
            continue
        if registered is None or keras.saving.get_registered_object(str(registered)) is None:
            raise MissingLayerError(str(registered or name))


def _code_named(config: Mapping[str, Any]) -> str:  # nested JSON
    name = config["config"].get("name") if isinstance(config.get("config"), Mapping) else None
    return f"the Lambda layer '{name}'" if name else "a Lambda layer"


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:  # nested JSON
    """Yield every serialised object in the configuration."""
    if isinstance(value, Mapping):
        if "class_name" in value:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
