"""The graph of a network: its operations and their edges."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
from keras.src.models.functional import Functional  # which has no public name

from zoo.interfaces.stages import Operation

if TYPE_CHECKING:
    from collections.abc import Collection


def operations_of(network: keras.Model) -> tuple[Operation, ...]:
    """Return the network's layers and bare functions, each after its parents, layers in Keras's order."""
    parents: dict[str, set[str]] = {}
    for call in calls_in(network):
        parents.setdefault(call.operation.name, set()).update(
            node.operation.name for node in call.parent_nodes
        )
    return tuple(
        Operation(
            operation.name,
            frozenset(parents[operation.name]),
            is_layer=isinstance(operation, keras.layers.Layer),
            has_weights=isinstance(operation, keras.layers.Layer) and bool(operation.weights),
        )
        for operation in network.operations
    )


def calls_in(network: keras.Model) -> list[Any]:
    """Return each call of an operation in the network, a Keras node, after those that it depends on.

    A layer remembers its calls in other networks too, such as the parts that `zoo.models.frontier` makes of one. Keras
    has no public name for the graph of one network.
    """
    return [call for _, calls in sorted(network._nodes_by_depth.items(), reverse=True) for call in calls]


def tensors_before(tensors: Any) -> Collection[keras.KerasTensor]:  # one, or several in a list or a dict
    """Return these tensors and those that they come from, each once, as far as an operation returned them."""
    computed: dict[int, keras.KerasTensor] = {}
    rest = keras.tree.flatten(tensors)
    while rest:
        tensor = rest.pop()
        call = _call_of(tensor)
        if id(tensor) not in computed and call is not None:
            computed[id(tensor)] = tensor
            rest += call.input_tensors
    return computed.values()


def operations_before(tensors: Any) -> Collection[keras.Operation]:
    """Return the operations that these tensors come from, each once."""
    operations = (tensor._keras_history.operation for tensor in tensors_before(tensors))
    return {id(operation): operation for operation in operations}.values()


def inputs_before(tensors: Any) -> list[keras.KerasTensor]:
    """Return the inputs that these tensors come from."""
    return [tensor for tensor in tensors_before(tensors) if _call_of(tensor).is_input]


def _call_of(tensor: Any) -> Any:
    """Return the call that returned a tensor, a Keras node; None if no operation did."""
    # Keras has no public name for it.
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def is_plain_model(layer: object) -> bool:
    """Whether a layer is a functional or sequential model without a class of its own."""
    return type(layer) in (keras.Sequential, Functional)


def infer_by_default(network: keras.Model) -> None:
    """Make a plain call of the network one in inference mode; `fit` and `training=True` are as before.

    Keras's image preprocessing layers, even Resizing, are in training mode where nobody says `training`, and so are all
    layers after them. Otherwise a network that is exported, or called without `predict`, would flip images at random
    and normalize by the statistics of the batch.
    """
    for call in calls_in(network):
        arguments = call.arguments
        if arguments.kwargs.get("training") or _trains_by_default(call.operation):
            values = {**arguments.kwargs, "training": False}
            call.arguments = type(arguments)(*arguments.args, **values)


class ShapeChange(NamedTuple):
    """A layer whose output for one image has another shape in training than in inference mode."""

    layer: keras.layers.Layer
    in_training: tuple[int, ...]
    in_inference: tuple[int, ...]


def find_shape_change(network: keras.Model) -> ShapeChange | None:
    """Return the first layer that returns another shape in inference mode than the graph has, as RandomCrop does.

    Only layers that are in training mode by default are tried.
    """
    for call in calls_in(network):
        shapes = [tensor.shape[1:] for tensor in (*call.input_tensors, *call.output_tensors)]
        if len(shapes) == 2 and None not in (*shapes[0], *shapes[1]) and _trains_by_default(call.operation):
            image = keras.ops.zeros((1, *shapes[0]), call.input_tensors[0].dtype)
            with keras.StatelessScope():
                inferred = tuple(call.operation(image, training=False).shape[1:])
            if inferred != shapes[1]:
                return ShapeChange(call.operation, shapes[1], inferred)
    return None


def _trains_by_default(operation: Any) -> bool:  # a Keras operation, which is untyped
    """Whether the operation, or a layer inside it, is in training mode by default."""
    if not isinstance(operation, keras.layers.Layer):
        return False
    # Keras has no public name for layers inside layers.
    calls = [inspect.signature(layer.call).parameters for layer in operation._flatten_layers()]
    return any("training" in parameters and parameters["training"].default is True for parameters in calls)
