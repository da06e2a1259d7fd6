"""Comparing networks layer by layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from tests.testing.bad_architectures import Forgetful, Traced
from zoo.testing.layers import alike, describe, differing_in_a_graph, in_words

PIXELS = np.arange(12, dtype=np.float32).reshape(2, 6)


def network(factor: float = 1.0) -> keras.Model:
    """One layer called twice, a bare operation and a layer with an attribute."""
    inputs = keras.Input((6,))
    twice = layers.Dense(6, kernel_initializer="ones", name="twice")
    return keras.Model(inputs, Forgetful(factor, name="factor")(twice(twice(inputs) + 1.0)))


def test_a_layer_that_is_another_in_a_graph_is_found() -> None:
    inputs = keras.Input((6,))
    odd = keras.Model(inputs, layers.Dense(2)(Traced(name="traced")(layers.Dense(6)(inputs))))
    assert differing_in_a_graph(network(), PIXELS) is None
    assert in_words(differing_in_a_graph(odd, PIXELS)) == "layer 'traced' (Traced)"


@pytest.mark.parametrize(
    ("dtype", "value", "near"),
    [
        ("float32", 1.0001, True),
        ("float32", 1.001, False),
        ("bfloat16", 1.0625, True),
        ("bfloat16", 1.25, False),
        ("int32", 2, False),
    ],
)
def test_rounding_depends_on_the_type(dtype: str, value: float, *, near: bool) -> None:
    left, right = (np.array([number]).astype(dtype) for number in (1, value))
    assert alike(left, right) is near


def test_whole_numbers_are_equal_or_not() -> None:
    assert not alike(np.array([1000000]), np.array([1000001]))


def test_the_inside_of_a_network_is_described() -> None:
    inside = describe(network(3.0), PIXELS)
    assert [call for call in inside.calls if "add" not in call][1:] == ["twice#1", "twice#2", "factor#1"]
    assert list(inside.variables) == ["twice/kernel", "twice/bias"]
    assert inside.attributes == {"factor": {"0 Forgetful.factor": "3.0"}}
