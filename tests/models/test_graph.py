"""The graph of a network: operations in order, with their parents, and the mode of a plain call."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.graph import (
    calls_in,
    infer_by_default,
    inputs_before,
    operations_before,
    operations_of,
    tensors_before,
)

PIXELS = np.random.default_rng(0).uniform(0, 255, (32, 4, 4, 1)).astype(np.float32)


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


# Training mode -----------------------------------------------------------------------------------------------


class Flipping(layers.Layer):
    """Flips inside a layer whose call has no `training`."""

    def __init__(self) -> None:
        super().__init__()
        self.flip = layers.RandomFlip()

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return self.flip(inputs)


def normalized(*front: layers.Layer) -> keras.Model:
    """BatchNormalization behind these layers."""
    pixels = keras.Input((4, 4, 1), name="pixels")
    x = pixels
    for layer in front:
        x = layer(x)
    return keras.Model(pixels, layers.BatchNormalization()(x))


@pytest.mark.parametrize(
    "front",
    [
        [layers.Resizing(4, 4)],
        [layers.CenterCrop(4, 4)],
        [layers.RandomFlip(), layers.RandomRotation(0.2)],
        [layers.Pipeline([layers.RandomContrast(0.5)])],
        [Flipping()],
        [layers.ReLU(), layers.RandomZoom(0.3), layers.Resizing(2, 2)],
    ],
    ids=lambda front: front[-1].name,
)
def test_a_plain_call_is_in_inference_mode(front: list[layers.Layer]) -> None:
    network = normalized(*front)
    infer_by_default(network)
    predicted = network.predict(PIXELS, verbose=0)
    for _ in range(2):
        np.testing.assert_allclose(network(PIXELS), predicted, rtol=1e-6)


def test_it_is_so_in_a_network_built_from_its_configuration() -> None:
    network = normalized(layers.RandomFlip(), layers.Resizing(4, 4))
    infer_by_default(network)
    again = keras.Model.from_config(network.get_config())
    np.testing.assert_allclose(again(PIXELS), network.predict(PIXELS, verbose=0), rtol=1e-6)


def test_training_mode_is_left_as_it_is() -> None:
    network = normalized(layers.RandomFlip())
    infer_by_default(network)
    first, second = (np.asarray(network(PIXELS, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert abs(first.mean()) < 1e-3  # by the statistics of the batch


def test_other_calls_are_left_as_they_are(network: keras.Model) -> None:
    before = network.get_config()
    infer_by_default(network)
    assert network.get_config() == before


def test_what_tensors_come_from_is_listed_once(network: keras.Model) -> None:
    """Two layers have the same input."""
    assert len(tensors_before(network.outputs[0])) == 5
    names = {operation.name for operation in operations_before([network.outputs[0], network.outputs[0]])}
    assert {"pixels", "left", "right", "relu"} <= names
    assert len(operations_before(network.get_layer("left").output)) == 2


def test_the_inputs_of_a_part_of_a_network_are_found() -> None:
    left, right = (keras.Input((4,), name=name) for name in ("left", "right"))
    merged = layers.Add()([left, layers.Dense(4)(right)])
    assert {id(tensor) for tensor in inputs_before(merged)} == {id(left), id(right)}


def test_a_tensor_that_no_operation_returned_comes_from_nothing() -> None:
    assert list(tensors_before(keras.KerasTensor((None, 4)))) == []
