"""Hypermodels as people write them for Keras Tuner."""

from __future__ import annotations

from typing import Any

import keras
import keras_tuner
from keras import layers


class Loops(keras_tuner.HyperModel):  # type: ignore[misc]  # keras_tuner is untyped
    """A Sequential model with augmentation, a loop and conditional scopes, for 16×16 pixels whatever the images are."""

    def build(self, hp: Any) -> keras.Model:
        model = keras.Sequential([keras.Input((16, 16, 3)), layers.RandomFlip(), layers.Rescaling(1 / 255)])
        kind = hp.Choice("kind", ["plain", "separable"])
        for number in range(hp.Int("blocks", 1, 3)):
            with hp.conditional_scope("kind", ["plain"]):
                if kind == "plain":
                    filters = hp.Int(f"filters_{number}", 4, 16, step=4)
                    model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
            with hp.conditional_scope("kind", ["separable"]):
                if kind == "separable":
                    filters = hp.Int(f"separable_{number}", 4, 16, step=4)
                    model.add(layers.SeparableConv2D(filters, 3, padding="same", activation="relu"))
            model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
        if hp.Boolean("hidden"):
            with hp.conditional_scope("hidden", [True]):
                model.add(layers.Dense(hp.Int("units", 8, 64), activation="relu"))
        model.add(layers.Dropout(hp.Float("dropout", 0, 0.5)))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(hp.Choice("optimizer", ["adam", "sgd"]), loss="categorical_crossentropy")
        return model


class Shaped(keras_tuner.HyperModel):  # type: ignore[misc]  # keras_tuner is untyped
    """A network for the shape of images, or the tensor, that it is given."""

    def __init__(self, input_shape: Any = None, input_tensor: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.input_shape, self.input_tensor = input_shape, input_tensor

    def build(self, hp: Any) -> keras.Model:
        pixels = keras.Input(self.input_shape) if self.input_tensor is None else self.input_tensor
        size = int(pixels.shape[1])
        x = layers.Conv2D(hp.Int("filters", 2, 4), size // 4, size // 4)(pixels)
        x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
        return keras.Model(pixels, x)


def plain(hp: Any) -> keras.Model:
    """All hyperparameters first, as many write it."""
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    filters = hp.Int("filters", 2, 8)
    pixels = keras.Input((28, 28, 3))
    x = layers.GlobalMaxPooling2D()(layers.Conv2D(filters, 3, activation="relu")(pixels))
    model = keras.Model(pixels, layers.Softmax()(layers.Dense(5)(x)))
    model.compile(keras.optimizers.Adam(rate), loss="categorical_crossentropy")
    return model
