"""The names of layers that Keras made up, and free names."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from zoo.models.layer_names import automatic_name, free_name


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: layers.Dense(2), "dense"),
        (lambda: layers.Conv2D(2, 3), "conv2d"),
        (lambda: layers.ReLU(), "re_lu"),
        (lambda: layers.Dense(2, name="dense_7"), "dense"),
        (lambda: layers.Dense(2, name="dense_out"), None),
        (lambda: layers.Dense(2, name="conv2d"), None),
        (lambda: layers.Conv2D(2, 3, name="conv_2d"), None),
    ],
)
def test_a_name_of_the_class_and_a_number_is_made_up(make: Any, name: str | None) -> None:
    assert automatic_name(make()) == name


def test_a_layer_without_a_name_is_counted_by_keras() -> None:
    for _ in range(2):
        layer = layers.SeparableConv2D(2, 3)
        assert automatic_name(layer) == "separable_conv2d"


def test_operations_have_made_up_names_too() -> None:
    operation = keras.ops.mean(keras.Input((4,)), axis=1)._keras_history.operation
    assert automatic_name(operation) == "mean"


@pytest.mark.parametrize(
    ("taken", "free", "from_two"),
    [
        ((), "block", "block"),
        (("block",), "block_1", "block_2"),
        (("block", "block_1"), "block_2", "block_2"),
    ],
)
def test_a_name_that_is_taken_gets_the_next_number(taken: tuple[str, ...], free: str, from_two: str) -> None:
    assert (free_name("block", taken), free_name("block", taken, first=2)) == (free, from_two)
