"""The frontier: splits a classifier between its first, frozen layers and the layers that train.

Frozen layers return the same activations for an image in each epoch, so these need computing only once. In a network
with shortcuts several tensors cross the frontier.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras

from zoo.models.backbone_errors import GET_CONFIG, call_layers
from zoo.models.graph import calls_in
from zoo.models.source_code import code_digest, is_of_keras
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.models.classifier import Classifier

    Tensor = Any  # a keras.KerasTensor, which is untyped


@dataclass(frozen=True, eq=False)
class Frontier:
    """A classifier in two parts that share its layers: training the suffix trains the classifier.

    Args:
        prefix: pixels to the tensor that crosses, or a list of them; see `compute`.
        suffix: from these tensors to the probabilities.
        inactive: frozen layers that are random in training, such as dropout, but not in the prefix.
    """

    prefix: keras.Model
    suffix: Classifier
    inactive: tuple[str, ...]

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The shape of each tensor that crosses, for one image; None where Keras does not know a dimension."""
        return tuple(tuple(tensor.shape[1:]) for tensor in self.prefix.outputs)

    @property
    def masked(self) -> bool:
        """Whether Keras attaches a mask to a tensor that crosses."""
        return any(getattr(tensor, "_keras_mask", None) is not None for tensor in self.prefix.outputs)

    def compute(self, pixels: Tensor) -> list[Tensor]:
        """Return the tensors that cross, in inference mode: nothing in the prefix trains or changes a variable.

        Some layers change one even then: Keras's RNN layers with dropout draw masks that they do not use. Losses of
        these layers, such as those of activity regularizers, are dropped.
        """
        with keras.StatelessScope():  # it keeps the new values to itself
            tensors = self.prefix(pixels, training=False)
        return tensors if isinstance(tensors, list) else [tensors]

    def joined(self) -> Classifier:
        """Return both parts as one classifier, from the pixels on, to train without cached activations."""
        pixels = self.prefix.inputs[0]
        crossing = _Prefix(self)(pixels)
        outputs = self.suffix.network(crossing if len(crossing) > 1 else crossing[0])
        return replace(self.suffix, network=keras.Model(pixels, outputs, name="joined"))

    def digest(self) -> str:
        """Return the SHA-256 of the prefix's graph, weights, and the code of its custom classes.

        The names of its layers are part of the graph.
        """
        config = _without_flags(call_layers(self.prefix.get_config, GET_CONFIG))
        digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
        digest.update(code_digest(_custom_classes(self.prefix)).encode())
        for name, variable in named_variables(self.prefix).items():
            digest.update(name.encode())
            digest.update(variable.numpy().tobytes())
        return digest.hexdigest()


class _Prefix(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Computes the tensors that cross a frontier, as a layer whose variables Keras does not know."""

    def __init__(self, frontier: Frontier) -> None:
        super().__init__(name="prefix")
        self.specs = [keras.KerasTensor(tensor.shape, tensor.dtype) for tensor in frontier.prefix.outputs]
        self.supports_jit = all(layer.supports_jit for layer in frontier.prefix.layers)
        # Keras does not look into a partial, so the network's weights are not tracked as this layer's.
        self.compute = functools.partial(frontier.compute)

    def call(self, pixels: Tensor) -> list[Tensor]:
        return self.compute(pixels)

    def compute_output_spec(self, pixels: Tensor) -> list[Tensor]:  # noqa: ARG002
        return self.specs


def find_frontier(classifier: Classifier) -> Frontier | None:
    """Split the classifier after its frozen layers; None where no layer with weights is frozen before all others.

    A layer is in the prefix if all layers before it are, and it has no weights or does not train. So the head's pooling
    is in the prefix where the whole backbone is frozen. A layer that is random in training, or a custom one that may
    be, is in it where it is frozen itself.
    """
    calls = calls_in(classifier.network)
    prefix = _without_waste(calls, _in_prefix(calls))
    if not any(_weights(call.operation) for call in prefix):
        return None
    crossing = _crossing(calls, prefix)
    pixels = classifier.network.inputs[0]
    return Frontier(
        keras.Model(pixels, crossing if len(crossing) > 1 else crossing[0], name="prefix"),
        replace(classifier, network=_suffix(classifier.network, calls, prefix, crossing)),
        tuple(call.operation.name for call in prefix if _draws(call.operation)),
    )


def _suffix(
    network: keras.Model, calls: Sequence[Any], prefix: Sequence[Any], crossing: Sequence[Tensor]
) -> keras.Model:
    """Return the layers after the prefix, called again on inputs of their own.

    Keras can also build a model from inner tensors of another, but a wrong one where a layer is called on both sides.
    """
    inputs = [keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in crossing]
    copies = {id(tensor): copy for tensor, copy in zip(crossing, inputs, strict=True)}
    within = {id(call) for call in prefix}
    for call in calls:
        if id(call) not in within:
            positional, keywords = call.arguments.fill_in(copies)
            outputs = keras.tree.flatten(call.operation(*positional, **keywords))
            copies.update(zip((id(tensor) for tensor in call.output_tensors), outputs, strict=True))
    outputs = copies[id(network.outputs[0])]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name="classifier")


def _in_prefix(calls: Sequence[Any]) -> list[Any]:
    """Return the calls that depend on nothing trainable."""
    outputs: set[int] = set()
    prefix = []
    for call in calls:
        if all(id(tensor) in outputs for tensor in call.input_tensors) and _is_constant(call.operation):
            outputs.update(id(tensor) for tensor in call.output_tensors)
            prefix.append(call)
    return prefix


def _without_waste(calls: Sequence[Any], prefix: list[Any]) -> list[Any]:
    """Drop operations without weights at the end that only enlarge the cached activations, as pooling may."""
    inputs = {id(tensor) for call in prefix for tensor in call.input_tensors}
    for call in reversed(prefix):
        if _weights(call.operation) or _may_draw(call.operation):
            continue
        if any(id(tensor) in inputs for tensor in call.output_tensors):
            continue
        rest = [other for other in prefix if other is not call]
        if _size(_crossing(calls, rest)) < _size(_crossing(calls, prefix)):
            return _without_waste(calls, rest)  # which may make another one superfluous
    return prefix


def _crossing(calls: Sequence[Any], prefix: Sequence[Any]) -> list[Tensor]:
    """Return the outputs of the prefix that other calls take, each once, in the order of their use."""
    within = {id(call) for call in prefix}
    outputs = {id(tensor) for call in prefix for tensor in call.output_tensors}
    inputs = (tensor for call in calls if id(call) not in within for tensor in call.input_tensors)
    return list({id(tensor): tensor for tensor in inputs if id(tensor) in outputs}.values())


def _size(tensors: Sequence[Tensor]) -> float:
    """Return how many numbers these tensors contain for one image; infinite where Keras does not know it."""
    shapes = [tensor.shape[1:] for tensor in tensors]
    return math.inf if any(None in shape for shape in shapes) else sum(map(math.prod, shapes))


def _is_constant(operation: Any) -> bool:  # a Keras operation, which is untyped
    """Whether it returns the same for equal inputs throughout a training, or in inference mode would."""
    if not isinstance(operation, keras.layers.Layer) or not operation.trainable:
        return True
    return not _weights(operation) and not _may_draw(operation)


def _weights(operation: Any) -> list[keras.Variable]:
    """Return its variables, except the states of random generators."""
    return [variable for variable in getattr(operation, "variables", ()) if not _is_draw(variable)]


def _draws(operation: Any) -> bool:
    return any(_is_draw(variable) for variable in getattr(operation, "variables", ()))


def _may_draw(operation: Any) -> bool:
    """Whether it draws random numbers, or is a custom layer that may do something else in training than otherwise."""
    if not isinstance(operation, keras.layers.Layer):
        return False
    # Keras has no public name for layers inside layers.
    return _draws(operation) or any(
        "training" in inspect.signature(layer.call).parameters
        for layer in operation._flatten_layers()
        if _is_custom(layer)
    )


def _custom_classes(network: keras.Model) -> list[type]:
    """Return the classes of its layers that are not Keras's own."""
    # Keras has no public name for layers inside layers.
    return list(dict.fromkeys(type(layer) for layer in network._flatten_layers() if _is_custom(layer)))


def _is_custom(layer: keras.layers.Layer) -> bool:
    return not is_of_keras(type(layer).__module__)


def _is_draw(variable: keras.Variable) -> bool:
    return bool(variable.name == "seed_generator_state")


def _without_flags(config: Any) -> Any:  # nested JSON
    """Drop the `trainable` flags, which do not change what a layer returns."""
    if isinstance(config, dict):
        return {name: _without_flags(value) for name, value in config.items() if name != "trainable"}
    if isinstance(config, list | tuple):
        return [_without_flags(value) for value in config]
    return config
