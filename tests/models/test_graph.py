"""The graph of a network: operations in order, with their parents."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from zoo.models.graph import calls_in, operations_of


@pytest.fixture
def network() -> keras.Model:
    """Two convolutions beside each other, their sum by a bare function, and a layer without weights."""
    pixels = keras.Input((4, 4, 1), name="pixels")
    left, right = (layers.Conv2D(1, 1, name=name)(pixels) for name in ("left", "right"))
    return keras.Model(pixels, layers.ReLU(name="relu")(keras.ops.add(left, right)))


def test_operations_come_after_their_parents(network: keras.Model) -> None:
    known: set[str] = set()
    for operation in operations_of(network):
        assert operation.parents <= known, operation.name
        known.add(operation.name)


def test_a_sum_has_two_parents(network: keras.Model) -> None:
    (total,) = (operation for operation in operations_of(network) if len(operation.parents) == 2)
    assert total.parents == {"left", "right"}


@pytest.mark.parametrize(
    ("name", "is_layer", "has_weights"),
    [("left", True, True), ("relu", True, False), ("pixels", True, False), ("add", False, False)],
)
def test_layers_and_functions_are_distinguished(
    network: keras.Model, name: str, is_layer: bool, has_weights: bool
) -> None:
    (operation,) = (each for each in operations_of(network) if each.name.startswith(name))
    assert (operation.is_layer, operation.has_weights) == (is_layer, has_weights)


def test_calls_of_a_layer_in_another_network_are_left_out(network: keras.Model) -> None:
    before = len(calls_in(network))
    other = keras.Input((4, 4, 1))
    network.get_layer("left")(other)
    assert len(calls_in(network)) == before
