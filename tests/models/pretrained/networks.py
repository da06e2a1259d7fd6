"""Small networks with random weights, whose layers have names of their own or those that Keras gives them."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers


def network(*, names: bool = True, top: bool = False, filters: int = 4) -> keras.Model:
    """Two convolutions with a normalisation each, and a dense layer as the top; random values everywhere."""

    def name(own: str) -> str | None:
        return own if names else None

    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(filters, 3, name=name("first"))(inputs)
    x = layers.BatchNormalization(name=name("first_bn"))(x)
    x = layers.Conv2D(filters, 3, name=name("second"))(x)
    x = layers.Dropout(0.1)(x)  # has the state of a random generator
    if top:
        x = layers.Dense(2, name=name("top"))(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x)
    return randomised(model)


def randomised(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give each weight values that no other one has."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in model.weights])
    return model


def same_weights(model: keras.Model, expected: keras.Model) -> bool:
    """Whether the model has the first weights of the other one."""
    pairs = zip(model.get_weights(), expected.get_weights(), strict=False)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)
