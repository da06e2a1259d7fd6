"""Compares two networks, or one with itself, layer by layer: the first difference is the cause of the others."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from zoo.models.call_outputs import equal_bits, largest_difference, nearly_equal, outputs_of_calls
from zoo.models.graph import calls_in
from zoo.models.precision import rounding_step
from zoo.models.source_code import is_of_keras
from zoo.models.variables import named_variables
from zoo.testing.loading import Inside

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDDEN = ("__", "_self_")  # prefixes of attributes of Python's and of TensorFlow's
ROUNDING = 2e-4  # of the largest value; a layer in a graph rounds differently from the same layer outside


def differing_in_a_graph(network: keras.Model, pixels: np.ndarray) -> Any | None:
    """Return the first operation that returns other values in a TensorFlow graph than outside, for the same inputs."""
    arrays: dict[int, np.ndarray] = {}
    outputs = outputs_of_calls(network, pixels)
    for call, (operation, results) in zip(calls_in(network), outputs, strict=True):
        if call.input_tensors and not _is_same_in_a_graph(
            call, [arrays[id(each)] for each in call.input_tensors]
        ):
            return operation
        arrays.update(zip(map(id, call.output_tensors), results, strict=True))
    return None


def _is_same_in_a_graph(call: Any, values: Sequence[np.ndarray]) -> bool:
    inputs = {id(each): keras.Input(batch_shape=each.shape, dtype=each.dtype) for each in call.input_tensors}
    positional, keywords = call.arguments.fill_in(inputs)
    alone = keras.Model(list(inputs.values()), _as_list(call.operation(*positional, **keywords)))
    unique = dict(zip(map(id, call.input_tensors), values, strict=True))
    constants = [tf.constant(value) for value in unique.values()]
    eager = alone(constants, training=False)
    graph = tf.function(lambda tensors: alone(tensors, training=False))(constants)
    return all(map(alike, map(np.asarray, _as_list(eager)), map(np.asarray, _as_list(graph))))


def alike(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays are equal but for rounding, in the precision of their type."""
    if left.dtype.kind in "biu":
        return equal_bits(left, right)
    return nearly_equal(left, right, max(ROUNDING, 16 * rounding_step(left.dtype.name)))


def in_words(operation: Any) -> str:
    """Return `layer 'scale' (Scale)`, or `operation 'add' (Add)` for a bare function of `keras.ops`."""
    kind = "layer" if isinstance(operation, keras.layers.Layer) else "operation"
    return f"{kind} '{operation.name}' ({type(operation).__name__})"


def describe(network: keras.Model, pixels: np.ndarray) -> Inside:
    """Return the inside of a network, with what its calls return for these pixels in inference."""
    calls: dict[str, list[str]] = {}
    counts = Counter[str]()
    for operation, outputs in outputs_of_calls(network, pixels):
        counts[operation.name] += 1
        calls[f"{operation.name}#{counts[operation.name]}"] = [_digest(array) for array in outputs]
    return Inside(
        calls,
        {name: _digest(variable.numpy()) for name, variable in named_variables(network).items()},
        {
            layer.name: _attributes(layer)
            for layer in network.layers
            if not is_of_keras(type(layer).__module__)
        },
    )


def _attributes(layer: keras.layers.Layer) -> dict[str, str]:
    of_keras = {*vars(keras.layers.Layer()), *vars(keras.Model())}
    attributes = {}
    # Keras has no public name for layers inside layers.
    for number, inner in enumerate(layer._flatten_layers()):
        own = inner is layer or not is_of_keras(type(inner).__module__)
        names = {*vars(inner), *vars(type(inner))} - of_keras if own else ()
        for name in names:
            if not name.startswith(HIDDEN) and (value := _simple(getattr(inner, name, None))) is not None:
                attributes[f"{number} {type(inner).__name__}.{name}"] = value
    return attributes


def _simple(value: Any) -> str | None:
    """Return a number, text, or an array or a tuple of them as text; None for all else."""
    if isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, np.ndarray | np.generic | tf.Tensor):
        array = np.asarray(value)
        return f"an array {array.shape} of SHA-256 {_digest(array)[:8]}"
    if isinstance(value, list | tuple) and all(isinstance(each, bool | int | float | str) for each in value):
        return repr(tuple(value))
    return None


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _as_list(value: Any) -> list[Any]:
    return list(keras.tree.flatten(value))


def distance(left: np.ndarray, right: np.ndarray) -> str:
    """Return how far two arrays of equal shape are apart, in words."""
    return f"up to {largest_difference(left, right):.3g} apart"
