"""The frontier: splits a classifier where its frozen front meets what trains.

What is frozen gives the same for an image in each epoch, so it need be computed once. In a network with shortcuts
several tensors cross the frontier.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras

from zoo.models.content import variables
from zoo.models.graph import calls_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.models.classifier import Classifier

    Tensor = Any  # a keras.KerasTensor, which is untyped


@dataclass(frozen=True, eq=False)
class Frontier:
    """A classifier in two parts, which share its very layers: training the suffix trains the classifier.

    Args:
        prefix: pixels to the tensor that crosses, or a list of them. To be called with `training=False`: nothing in it
            trains.
        suffix: from these tensors on, a classifier but for its inputs.
        stilled: frozen layers that draw at random in training, such as dropout. In the prefix they do not.
    """

    prefix: keras.Model
    suffix: Classifier
    stilled: tuple[str, ...]

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of each tensor that crosses, for one image."""
        return tuple(tuple(tensor.shape[1:]) for tensor in self.prefix.outputs)

    def joined(self) -> Classifier:
        """Both parts as one classifier, from the pixels on, for where nothing is kept between epochs."""
        pixels = self.prefix.inputs[0]
        outputs = self.suffix.network(_Still(self.prefix)(pixels))
        return replace(self.suffix, network=keras.Model(pixels, outputs, name="joined"))

    def digest(self) -> str:
        """The SHA-256 of the prefix's graph and weights; the names of its layers are part of the graph."""
        known = hashlib.sha256(json.dumps(_without_flags(self.prefix.get_config()), sort_keys=True).encode())
        for path, variable in variables(self.prefix).items():
            known.update(path.encode())
            known.update(variable.numpy().tobytes())
        return known.hexdigest()


class _Still(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Calls a network as in inference. Were it called by itself, Keras would tell it when all around it trains."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="still")
        # Hidden in there, its weights are none of this layer's.
        self.compute = functools.partial(network, training=False)

    def call(self, pixels: Tensor) -> Any:
        return self.compute(pixels)


def find_frontier(classifier: Classifier) -> Frontier | None:
    """Split the classifier at what is frozen now; None where no layer with weights is frozen in front.

    A layer is in the prefix if all before it are, and it has no weights or does not train. So the head's pooling is in
    the prefix where the whole backbone is frozen. A layer that draws at random is, where it is frozen itself.
    """
    calls = calls_in(classifier.network)
    prefix = _without_waste(calls, _in_prefix(calls))
    if not any(_weights(call.operation) for call in prefix):
        return None
    several = _crossing(calls, prefix)
    pixels = classifier.network.inputs[0]
    return Frontier(
        keras.Model(pixels, several if len(several) > 1 else several[0], name="prefix"),
        replace(classifier, network=_suffix(classifier.network, calls, prefix, several)),
        tuple(call.operation.name for call in prefix if _draws(call.operation)),
    )


def _suffix(
    network: keras.Model, calls: Sequence[Any], prefix: Sequence[Any], crossing: Sequence[Tensor]
) -> keras.Model:
    """What comes after the prefix, called once more on inputs of its own.

    Keras makes a model from tensors within another, too, but a wrong one where a layer is called on both sides of them.
    """
    inputs = [keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in crossing]
    made = {id(tensor): own for tensor, own in zip(crossing, inputs, strict=True)}
    within = {id(call) for call in prefix}
    for call in calls:
        if id(call) not in within:
            given, named = call.arguments.fill_in(made)
            outputs = keras.tree.flatten(call.operation(*given, **named))
            made.update(zip((id(tensor) for tensor in call.output_tensors), outputs, strict=True))
    outputs = made[id(network.outputs[0])]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name="classifier")


def _in_prefix(calls: Sequence[Any]) -> list[Any]:
    """Those of the calls that depend on nothing that trains."""
    made: set[int] = set()
    prefix = []
    for call in calls:
        if all(id(tensor) in made for tensor in call.input_tensors) and _is_constant(call.operation):
            made.update(id(tensor) for tensor in call.output_tensors)
            prefix.append(call)
    return prefix


def _without_waste(calls: Sequence[Any], prefix: list[Any]) -> list[Any]:
    """Without what has no weights at the end and only makes more to keep, as the pooling of one branch of several."""
    taken = {id(tensor) for call in prefix for tensor in call.input_tensors}
    for call in reversed(prefix):
        if _weights(call.operation) or _draws(call.operation):
            continue
        if any(id(tensor) in taken for tensor in call.output_tensors):
            continue
        rest = [other for other in prefix if other is not call]
        if _size(_crossing(calls, rest)) < _size(_crossing(calls, prefix)):
            return _without_waste(calls, rest)  # where another one may be waste now
    return prefix


def _crossing(calls: Sequence[Any], prefix: Sequence[Any]) -> list[Tensor]:
    """The tensors that the prefix makes and another call takes, each once, in the order of their use."""
    within = {id(call) for call in prefix}
    made = {id(tensor) for call in prefix for tensor in call.output_tensors}
    taken = (tensor for call in calls if id(call) not in within for tensor in call.input_tensors)
    return list({id(tensor): tensor for tensor in taken if id(tensor) in made}.values())


def _size(tensors: Sequence[Tensor]) -> int:
    """Of one image, in numbers."""
    return sum(math.prod(tensor.shape[1:]) for tensor in tensors)


def _is_constant(operation: Any) -> bool:  # a Keras operation, which is untyped
    """Whether it gives the same for the same inputs as long as training goes on, or may be made to."""
    if not isinstance(operation, keras.layers.Layer):
        return True
    if _weights(operation):
        return not operation.trainable
    return not (_draws(operation) and operation.trainable)


def _weights(operation: Any) -> list[keras.Variable]:
    """Its variables, but for the states of random draws."""
    return [variable for variable in getattr(operation, "variables", ()) if not _is_draw(variable)]


def _draws(operation: Any) -> bool:
    return any(_is_draw(variable) for variable in getattr(operation, "variables", ()))


def _is_draw(variable: keras.Variable) -> bool:
    return bool(variable.name == "seed_generator_state")


def _without_flags(config: Any) -> Any:  # nested JSON
    """Without what says how a layer is trained, which does not change what it gives."""
    if isinstance(config, dict):
        return {name: _without_flags(value) for name, value in config.items() if name != "trainable"}
    if isinstance(config, list | tuple):
        return [_without_flags(value) for value in config]
    return config
