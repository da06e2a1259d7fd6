"""The trainable parts of a network: flags of layers and of single variables."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from zoo.models.trainability import Freezing, set_layer_trainable


@pytest.fixture
def network() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Dense(2, name="front"), layers.Dense(2, name="back")])


def trainable(network: keras.Model) -> list[str]:
    return ["/".join(variable.path.split("/")[-2:]) for variable in network.trainable_variables]


def test_it_sets_every_layer(network: keras.Model) -> None:
    front, back = network.layers
    Freezing(("front",), {front: False, back: True}).apply()
    assert trainable(network) == ["back/kernel", "back/bias"]


def test_it_resets_layers_frozen_before(network: keras.Model) -> None:
    front, back = network.layers
    Freezing(("front",), {front: False, back: True}).apply()
    Freezing((), {front: True, back: True}).apply()
    assert len(trainable(network)) == 4


def test_a_variable_is_frozen_in_a_layer_that_trains(network: keras.Model) -> None:
    front, back = network.layers
    Freezing(("front/bias",), {front: True, back: True}, (front.bias,)).apply()
    assert trainable(network) == ["front/kernel", "back/kernel", "back/bias"]


@pytest.mark.parametrize("value", [True, False])
def test_a_layer_that_has_the_flag_already_passes_it_to_its_variables(
    network: keras.Model, value: bool
) -> None:
    layer = network.layers[0]
    layer.trainable = value
    layer.bias.trainable = not value
    set_layer_trainable(layer, value)
    assert [variable.trainable for variable in layer.variables] == [value, value]
