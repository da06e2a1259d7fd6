"""The outputs of each call in a network for some images, and where those of two networks begin to differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np

from zoo.models.graph import calls_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Arrays = tuple[np.ndarray, ...]

CLOSE = 1e-3  # largest difference that rounding explains, relative to the largest value


class Call(NamedTuple):
    """A call of an operation in a network, with its outputs for some images."""

    operation: Any  # a Keras operation, which is untyped
    outputs: Arrays


def outputs_of_calls(network: keras.Model, images: np.ndarray) -> list[Call]:
    """Return each call in the network with its outputs for these images in inference, in the order of the graph."""
    calls = calls_in(network)
    tensors = {id(tensor): tensor for call in calls for tensor in call.output_tensors}
    outputs = keras.Model(network.inputs[0], list(tensors.values()))(images, training=False)
    arrays = dict(zip(tensors, map(np.asarray, keras.tree.flatten(outputs)), strict=True))
    return [Call(call.operation, tuple(arrays[id(each)] for each in call.output_tensors)) for call in calls]


def first_difference(
    left: Iterable[Call], right: Iterable[Call], equal: Callable[[np.ndarray, np.ndarray], bool]
) -> Call | None:
    """Return the first call of `left` whose outputs differ from those of `right`; None where all are equal."""
    for call, counterpart in zip(left, right, strict=False):
        if not all(map(equal, call.outputs, counterpart.outputs)):
            return call
    return None


def first_not_finite(calls: Iterable[Call]) -> Call | None:
    """Return the first call with an output that is NaN or infinite; None where all are finite."""
    return next((call for call in calls if not all(map(is_finite, call.outputs))), None)


def is_finite(array: np.ndarray) -> bool:
    """Whether no number is NaN or infinite."""
    return array.dtype.kind in "biuSUO" or bool(np.all(np.isfinite(array)))


def breaking_the_batch(calls: Sequence[Call], images: int) -> Call:
    """Return the call that first returns, and after which all return, another number of rows than of images."""
    calls = [call for call in calls if call.outputs[0].ndim]
    whole = [number for number, call in enumerate(calls) if len(call.outputs[0]) == images]
    return calls[whole[-1] + 1]


def equal_bits(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays are equal, NaN to NaN."""
    return bool(np.array_equal(left, right, equal_nan=left.dtype.kind not in "biu"))


def nearly_equal(left: np.ndarray, right: np.ndarray, tolerance: float = CLOSE) -> bool:
    """Whether two arrays are equal but for rounding.

    Args:
        tolerance: relative to the largest finite value of `left`.
    """
    if left.shape != right.shape:
        return False
    left, right = left.astype(np.float64), right.astype(np.float64)
    largest = np.max(np.abs(left), where=np.isfinite(left), initial=0)
    return bool(np.allclose(left, right, rtol=0, atol=tolerance * largest, equal_nan=True))


def largest_difference(left: np.ndarray, right: np.ndarray) -> float:
    """Return how far two arrays of one shape are apart; NaN if a value is."""
    return float(np.max(np.abs(left.astype(np.float64) - right.astype(np.float64)), initial=0))
