"""The frontier: splits a classifier where its frozen front meets what trains.

What is frozen gives the same for an image in each epoch, so it need be computed once. In a network with shortcuts
several tensors cross the frontier.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras

from zoo.models.content import variables

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
        self.prefix.trainable = False
        pixels = self.prefix.inputs[0]
        outputs = self.suffix.network(self.prefix(pixels, training=False))
        return replace(self.suffix, network=keras.Model(pixels, outputs, name="joined"))

    def digest(self) -> str:
        """The SHA-256 of the prefix's graph and weights; the names of its layers are part of the graph."""
        known = hashlib.sha256(json.dumps(_without_flags(self.prefix.get_config()), sort_keys=True).encode())
        for path, variable in variables(self.prefix).items():
            if not _is_draw(variable):
                known.update(path.encode())
                known.update(variable.numpy().tobytes())
        return known.hexdigest()


def find_frontier(classifier: Classifier) -> Frontier | None:
    """Split the classifier at what is frozen now; None where no layer with weights is frozen in front.

    A layer is in the prefix if all before it are, and it has no weights or does not train. So the head's pooling is in
    the prefix where the whole backbone is frozen. A layer that draws at random is, where it is frozen itself.
    """
    calls = _calls(classifier.network)
    prefix = _without_waste(calls, _in_prefix(calls))
    if not any(_weights(call.operation) for call in prefix):
        return None
    several = _crossing(calls, prefix)
    crossing = several if len(several) > 1 else several[0]
    pixels, probabilities = classifier.network.inputs[0], classifier.network.outputs[0]
    suffix = keras.Model(crossing, probabilities, name="classifier")
    return Frontier(
        keras.Model(pixels, crossing, name="prefix"),
        replace(classifier, network=suffix),
        tuple(call.operation.name for call in prefix if _draws(call.operation)),
    )


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
    for call in reversed(prefix):
        if _weights(call.operation) or _draws(call.operation):
            continue
        made = {id(tensor) for tensor in call.output_tensors}
        rest = [other for other in prefix if other is not call]
        if any(id(tensor) in made for other in rest for tensor in other.input_tensors):
            continue
        if _size(_crossing(calls, rest)) < _size(_crossing(calls, prefix)):
            prefix = rest
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


def _calls(network: keras.Model) -> list[Any]:
    """Each call of an operation in the network, a Keras node, after those that it depends on.

    A layer remembers its calls in other networks too, such as the parts that an earlier frontier left: so the calls
    are looked up from the network's output on. Keras has no public name for where a tensor comes from.
    """
    ordered: list[Any] = []
    seen: set[int] = set()
    waiting = [(_origin(network.outputs[0]), False)]
    while waiting:
        call, ready = waiting.pop()
        if ready:
            ordered.append(call)
        elif id(call) not in seen:
            seen.add(id(call))
            waiting.append((call, True))
            waiting += [(_origin(tensor), False) for tensor in call.input_tensors]
    return ordered


def _origin(tensor: Tensor) -> Any:
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


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
