"""Finds where the head of somebody else's classifier begins, to keep only the layers before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from zoo.errors import ContractError, nearest_names
from zoo.models.graph import operations_before, tensors_before

if TYPE_CHECKING:
    Tensor = Any  # a keras.KerasTensor, which is untyped


def features_of(outputs: Tensor, whose: str, name: str | None = None) -> Tensor:
    """Return the tensor at which the head of a flat network begins.

    The head is followed from its end as long as a layer takes a single tensor: output layer, dropout, hidden dense
    layers, up to the one that turns feature maps (batch, h, w, c) into a vector. These maps are the features. Where
    there are no maps but tokens (batch, n, d), or where several vectors are merged, the resulting vector is. Where the
    maps are the image itself, as in a network of dense layers, the features are what the last dense layer takes. A
    network that returns maps, or a vector without a dense layer and a softmax, has no head.

    Args:
        outputs: of the network.
        whose: the subject of errors.
        name: of the last layer to keep; None to find it.

    Raises:
        ContractError: no layer has this name, or the network classifies, but without a dense layer.
    """
    if name is not None:
        return _named(outputs, whose, name)
    if len(outputs.shape) != 2:
        return outputs
    tensor, dense, classifies = outputs, None, False
    while True:
        call = _call_of(tensor)
        if call is None or len(call.input_tensors) != 1:
            break
        (before,) = call.input_tensors
        classifies |= _is_softmax(call.operation)
        if isinstance(call.operation, keras.layers.Dense) and dense is None:
            dense = before
        if len(before.shape) != 2:
            tensor = _before_vector(before, tensor, dense)
            break
        tensor = before
    if classifies and dense is None:
        raise ContractError(
            f"{whose}: its head has no Dense layer, so zoo cannot find where it begins: name the last layer to keep, "
            "from_hypermodel(…, features=NAME)"
        )
    return tensor


def _before_vector(before: Tensor, vector: Tensor, dense: Tensor | None) -> Tensor:
    """Return the features where the head's walk reaches a layer that makes a vector of something else."""
    if len(before.shape) != 4:
        return vector
    if any(getattr(operation, "trainable_weights", ()) for operation in operations_before(before)):
        return before
    return vector if dense is None else dense


def _named(outputs: Tensor, whose: str, name: str) -> Tensor:
    # Keras has no public name for the operation that a tensor comes from.
    by_layer = [(tensor._keras_history.operation.name, tensor) for tensor in tensors_before(outputs)]
    returned = [tensor for layer, tensor in by_layer if layer == name]
    if not returned:
        names = [layer for layer, _ in reversed(by_layer)]
        near = nearest_names(name, names) or names[:6]
        raise ContractError(
            f"{whose}: its network has no layer '{name}', where features= ends it; available: {', '.join(near)}, …"
        )
    if len(returned) > 1:
        raise ContractError(
            f"{whose}: layer '{name}' returns {len(returned)} tensors: name another in features="
        )
    return returned[0]


def _call_of(tensor: Tensor) -> Any:
    """Return the call that returned the tensor, a Keras node; None for an input."""
    history = tensor._keras_history
    if history.operation is None or isinstance(history.operation, keras.layers.InputLayer):
        return None
    return history.operation._inbound_nodes[history.node_index]


def _is_softmax(operation: keras.Operation) -> bool:
    activation = getattr(operation, "activation", None)
    names = {type(operation).__name__.lower(), getattr(activation, "__name__", "")}
    return bool(names & {"softmax", "sigmoid"})
