"""Perceiver: a few latent vectors read the pixels again and again, by one layer that is called several times.

The latent vectors are created in `__init__`, and Fourier features of the positions are computed, not trained.
"""

from functools import cache

import numpy as np

from zoo import Architecture, hookimpl

BANDS = 3


def positions(size):
    """(size², 4 BANDS + 2): sines and cosines of both coordinates, and the coordinates."""
    line = np.linspace(-1, 1, size)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(size * size, 2)
    angles = np.pi * grid[..., None] * np.linspace(1, size / 2, BANDS)
    return np.concatenate([grid, *(f(angles).reshape(size * size, -1) for f in (np.sin, np.cos))], -1)


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="perceiver")
    class Latents(layers.Layer):
        """The same latent vectors for each image."""

        def __init__(self, count, width, **kwargs):
            super().__init__(**kwargs)
            self.count, self.width = count, width
            self.vectors = self.add_weight(
                shape=(count, width),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                name="vectors",
            )

        def call(self, pixels):
            return ops.repeat(self.vectors[None], ops.shape(pixels)[0], axis=0)

        def compute_output_shape(self, input_shape):
            return input_shape[0], self.count, self.width

        def get_config(self):
            return {**super().get_config(), "count": self.count, "width": self.width}

    @keras.saving.register_keras_serializable(package="perceiver")
    class FourierPositions(layers.Layer):
        def call(self, images):
            batch, (rows, channels) = ops.shape(images)[0], images.shape[2:]
            features = ops.cast(positions(rows), images.dtype)
            features = ops.repeat(features[None], batch, axis=0)
            return ops.concatenate([ops.reshape(images, (batch, rows * rows, channels)), features], axis=-1)

        def compute_output_shape(self, input_shape):
            batch, rows, columns, channels = input_shape
            return batch, rows * columns, channels + 4 * BANDS + 2

    return [Latents, FourierPositions]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    Latents, FourierPositions = custom_layers()
    width = hp.Choice("width", [16, 32], default=32)
    pixels = layers.Rescaling(1 / 255, name="pixels_scale")(inputs)
    pixels = FourierPositions(name="pixels_positions")(pixels)
    x = Latents(8, width, name="latents")(pixels)
    read = layers.MultiHeadAttention(1, width, name="shared_read")
    think = layers.MultiHeadAttention(2, width // 2, name="shared_think")
    norm, mlp = layers.LayerNormalization(name="shared_norm"), layers.Dense(width, "gelu", name="shared_mlp")
    for _ in range(hp.Int("rounds", 1, 3, default=2)):
        x = x + read(norm(x), pixels)
        x = x + think(norm(x), norm(x))
        x = x + mlp(norm(x))
    return layers.GlobalAveragePooling1D(name="last_pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="perceiver",
            backbone=backbone,
            summary="latent vectors that attend to pixels",
            reference="Jaegle et al. 2021, Perceiver: general perception with iterative attention",
            min_size=8,
            default_size=16,
            freeze_points=("pixels", "latents", "shared"),
            custom_layers=custom_layers,
        )
    ]
