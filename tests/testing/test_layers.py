"""Comparing networks layer by layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.testing.bad_architectures import Forgetful, Traced
from zoo.testing.layers import (
    describe,
    differing_in_a_graph,
    equal_bits,
    first_difference,
    in_words,
    nearly_equal,
    outputs_of_calls,
)

PIXELS = np.arange(12, dtype=np.float32).reshape(2, 6)


def network(factor: float = 1.0) -> keras.Model:
    """One layer called twice, a bare operation and a layer with an attribute."""
    inputs = keras.Input((6,))
    twice = layers.Dense(6, kernel_initializer="ones", name="twice")
    return keras.Model(inputs, Forgetful(factor, name="factor")(twice(twice(inputs) + 1.0)))


def test_each_call_is_listed_with_its_outputs() -> None:
    calls = outputs_of_calls(network(), PIXELS)
    assert [type(call.operation).__name__ for call in calls][1:] == ["Dense", "Add", "Dense", "Forgetful"]
    assert calls[0].outputs[0].tolist() == PIXELS.tolist()
    assert calls[2].outputs[0][0, 0] == PIXELS[0].sum() + 1


def test_the_first_difference_is_found() -> None:
    calls, others = (outputs_of_calls(network(factor), PIXELS) for factor in (1.0, 2.0))
    assert first_difference(calls, calls, equal_bits) is None
    different = first_difference(calls, others, equal_bits)
    assert different is not None
    assert in_words(different.operation) == "layer 'factor' (Forgetful)"


def test_a_layer_that_is_another_in_a_graph_is_found() -> None:
    inputs = keras.Input((6,))
    odd = keras.Model(inputs, layers.Dense(2)(Traced(name="traced")(layers.Dense(6)(inputs))))
    assert differing_in_a_graph(network(), PIXELS) is None
    assert in_words(differing_in_a_graph(odd, PIXELS)) == "layer 'traced' (Traced)"


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ([1.0, 1000.0], [1.05, 1000.0], True),
        ([1.0, 1000.0], [1.5, 1000.0], False),
        ([1.0, np.nan], [1.0, np.nan], True),
        ([1.0, np.inf], [1.0, 2.0], False),
        ([[1.0]], [1.0], False),
    ],
)
def test_rounding_is_relative_to_the_largest_value(left: Any, right: Any, near: bool) -> None:
    assert nearly_equal(np.array(left, np.float32), np.array(right, np.float32)) is near


def test_whole_numbers_are_equal_or_not() -> None:
    assert not nearly_equal(np.array([1000000]), np.array([1000001]))


def test_the_inside_of_a_network_is_described() -> None:
    inside = describe(network(3.0), PIXELS)
    assert [call for call in inside.calls if "add" not in call][1:] == ["twice#1", "twice#2", "factor#1"]
    assert list(inside.variables) == ["twice/kernel", "twice/bias"]
    assert inside.attributes == {"factor": {"0 Forgetful.factor": "3.0"}}
