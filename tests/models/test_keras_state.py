"""Names of layers and random numbers go on as if nothing had been built in between."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.keras_state import state_put_aside


@pytest.mark.parametrize(("names_built", "name"), [(0, "dense_1"), (1000, "dense_1001")])
def test_layers_are_counted_from_another_start(names_built: int, name: str) -> None:
    keras.utils.clear_session()
    layers.Dense(1)
    with state_put_aside(names_built=names_built):
        layers.Dense(1)
        assert layers.Dense(1).name == name
    assert layers.Dense(1).name == "dense_1"


def seed() -> None:
    keras.utils.clear_session()  # which forgets Keras's own generator, as Keras 3.10 does not otherwise
    keras.utils.set_random_seed(3)


@pytest.mark.parametrize("between", [False, True])
def test_random_numbers_are_the_same_afterwards(between: bool) -> None:
    seed()
    keras.random.uniform((1,))
    if between:
        with state_put_aside():
            layers.Dense(2).build((None, 2))
            np.random.rand()
            keras.random.uniform((1,))
    drawn = [random.random(), np.random.rand(), float(keras.random.uniform((1,))[0])]
    seed()
    keras.random.uniform((1,))
    assert drawn == [random.random(), np.random.rand(), float(keras.random.uniform((1,))[0])]
