"""The outputs of each call in a network, and the first that differ."""

from __future__ import annotations

from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers

from zoo.models.call_outputs import (
    breaking_the_batch,
    equal_bits,
    first_difference,
    first_not_finite,
    is_finite,
    largest_difference,
    nearly_equal,
    outputs_of_calls,
)

PIXELS = np.arange(12, dtype=np.float32).reshape(2, 6)


def network(factor: float = 1.0) -> keras.Model:
    """One layer called twice, a bare operation and another layer."""
    inputs = keras.Input((6,))
    twice = layers.Dense(6, kernel_initializer="ones", name="twice")
    return keras.Model(inputs, layers.Rescaling(factor, name="factor")(twice(twice(inputs) + 1.0)))


def test_each_call_is_listed_with_its_outputs() -> None:
    calls = outputs_of_calls(network(), PIXELS)
    assert [type(call.operation).__name__ for call in calls][1:] == ["Dense", "Add", "Dense", "Rescaling"]
    assert calls[0].outputs[0].tolist() == PIXELS.tolist()
    assert calls[2].outputs[0][0, 0] == PIXELS[0].sum() + 1


def test_the_first_difference_is_found() -> None:
    calls, changed = (outputs_of_calls(network(factor), PIXELS) for factor in (1.0, 2.0))
    assert first_difference(calls, calls, equal_bits) is None
    different = first_difference(calls, changed, equal_bits)
    assert different is not None
    assert different.operation.name == "factor"


def test_the_first_call_that_returns_no_numbers_is_found() -> None:
    assert first_not_finite(outputs_of_calls(network(), PIXELS)) is None
    odd = first_not_finite(outputs_of_calls(network(float("inf")), PIXELS))
    assert odd is not None
    assert odd.operation.name == "factor"


@pytest.mark.parametrize(
    ("array", "finite"),
    [
        (np.array([1.0, np.nan]), False),
        (np.array([1.0, -np.inf], "float16"), False),
        (np.array([1.0, np.inf], ml_dtypes.bfloat16), False),
        (np.array([1.0, 2.0], ml_dtypes.bfloat16), True),
        (np.array([1 + 2j]), True),
        (np.array([1, 2]), True),
        (np.array(["text"]), True),
    ],
)
def test_whether_an_array_is_finite(array: np.ndarray, finite: bool) -> None:
    assert is_finite(array) == finite


def test_the_call_that_returns_another_number_of_rows_is_found() -> None:
    """Windows may be laid along the batch for a while."""
    inputs = keras.Input((6,))
    windows = keras.ops.reshape(layers.Dense(6, name="first")(inputs), (-1, 3))
    images = keras.ops.reshape(layers.Dense(3, name="within")(windows), (-1, 6))
    halves = keras.ops.reshape(layers.Dense(6, name="second")(images), (-1, 3))
    calls = outputs_of_calls(keras.Model(inputs, layers.Dense(2, name="last")(halves)), PIXELS)
    broken = breaking_the_batch(calls, len(PIXELS))
    assert (type(broken.operation).__name__, broken.outputs[0].shape) == ("Reshape", (4, 3))
    assert broken is calls[-2]


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ([1.0, 1000.0], [1.5, 1000.0], True),
        ([1.0, 1000.0], [2.5, 1000.0], False),
        ([1.0, np.nan], [1.0, np.nan], True),
        ([1.0, np.inf], [1.0, 2.0], False),
        ([[1.0]], [1.0], False),
    ],
)
def test_rounding_is_relative_to_the_largest_value(left: Any, right: Any, near: bool) -> None:
    assert nearly_equal(np.array(left, np.float32), np.array(right, np.float32)) is near


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_bits_are_equal_where_both_are_no_number(dtype: str) -> None:
    left, right = (np.array(values).astype(dtype) for values in ([1.0, np.nan], [2.0, np.nan]))
    assert (equal_bits(left, left.copy()), equal_bits(left, right)) == (True, False)


def test_the_largest_difference_is_exact_for_whole_numbers() -> None:
    assert largest_difference(np.array([1, 250], np.uint8), np.array([2, 4], np.uint8)) == 246
