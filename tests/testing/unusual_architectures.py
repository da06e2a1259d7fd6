"""Architectures that keep the contract in an unusual way each, at which no check may fail."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tests.testing.bad_architectures import architecture, scaled
from zoo.interfaces import Sizes


def registered(cls: type) -> type:
    return keras.saving.register_keras_serializable(package="unusual")(cls)  # type: ignore[no-any-return]


@registered
class Patches(layers.Layer):
    """Cuts images into patches of 4×4 and embeds them with their positions."""

    def __init__(self, width: int = 12, **options: Any) -> None:
        super().__init__(**options)
        self.width = width
        self.project = layers.Dense(width)

    def build(self, shape: Any) -> None:
        self.count = (shape[1] // 4) * (shape[2] // 4)
        self.project.build((None, self.count, 16 * shape[3]))
        self.positions = self.add_weight(shape=(1, self.count, self.width), initializer="random_normal")

    def call(self, images: Any) -> Any:
        patches = ops.image.extract_patches(images, 4)
        tokens = ops.reshape(patches, (-1, self.count, patches.shape[-1]))
        return self.project(tokens) + self.positions

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}


@registered
class DropPath(layers.Layer):
    """Drops the branch of some images of a batch in training."""

    def __init__(self, rate: float = 0.5, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.rate, self.seed = rate, seed
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = (ops.shape(inputs)[0], *(1 for _ in inputs.shape[1:]))
        kept = keras.random.uniform(shape, seed=self.seeds) >= self.rate
        return inputs * ops.cast(kept, inputs.dtype) / (1 - self.rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@registered
class Listed(layers.Layer):
    """Layers without names, in a list and in a dict."""

    def __init__(self, depth: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.depth = depth
        self.steps = [layers.Dense(4) for _ in range(depth)]
        self.gates = {
            "in": layers.Dense(4, activation="sigmoid"),
            "out": layers.Dense(4, activation="sigmoid"),
        }

    def build(self, shape: Any) -> None:
        for layer in (*self.steps, *self.gates.values()):
            layer.build((*shape[:-1], 4))

    def call(self, inputs: Any) -> Any:
        outputs = inputs * self.gates["in"](inputs)
        for step in self.steps:
            outputs = ops.relu(step(outputs)) + inputs
        return outputs * self.gates["out"](inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth": self.depth}


@registered
class Counter(layers.Layer):
    """Counts training steps in a variable and warms up by it."""

    def build(self, shape: Any) -> None:
        self.steps = self.add_weight(
            shape=(), initializer="zeros", trainable=False, dtype="int32", name="steps"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.trainable:
            self.steps.assign_add(1)
        return inputs * (1.0 + 0.1 * ops.cast(ops.minimum(self.steps, 10), inputs.dtype))


@registered
class Tokens(layers.Layer):
    """Attends from a learned token to all positions of a map, as attention pooling does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attention = layers.MultiHeadAttention(2, 4, name="attention")

    def build(self, shape: Any) -> None:
        self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="random_normal", name="token")
        self.attention.build((None, 1, shape[-1]), (None, shape[1] * shape[2], shape[-1]))

    def call(self, maps: Any) -> Any:
        keys = ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))
        queries = ops.repeat(self.token, ops.shape(maps)[0], axis=0)
        return self.attention(queries, keys)[:, 0]


@registered
class Windows(layers.Layer):
    """Lays windows of each image along the first axis, and back, as shifted windows do."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.mix = layers.Dense(4, name="mix")

    def build(self, shape: Any) -> None:
        self.mix.build((None, 4, 4))

    def call(self, maps: Any) -> Any:
        _, height, width, channels = maps.shape
        windows = ops.reshape(maps, (-1, height // 2, 2, width // 2, 2, channels))
        windows = ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, 4, channels))
        windows = ops.reshape(self.mix(windows), (-1, height // 2, width // 2, 2, 2, channels))
        return ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, height, width, channels))


@registered
class Trained(layers.Layer):
    """Scales in training; frozen layers are in inference mode."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.scale * (3.0 if training else 1.0)


def unusual_layers() -> list[type]:
    return [Patches, DropPath, Listed, Counter, Tokens, Windows, Trained]


def convolution(inputs: Any, **options: Any) -> Any:
    return layers.Conv2D(4, 3, strides=2, padding="same", name="block1_conv", **options)(inputs)


def transformer(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Patches of 4×4, a block of attention with DropPath, and tokens pooled."""
    x = Patches(name="patches")(scaled(inputs))
    for number in range(hp.Int("blocks", 1, 2)):
        y = layers.LayerNormalization(name=f"block{number + 1}_norm")(x)
        y = layers.MultiHeadAttention(2, 6, name=f"block{number + 1}_attention")(y, y)
        x = x + DropPath(0.2, name=f"block{number + 1}_drop")(y)
    return layers.GlobalAveragePooling1D(name="pooled")(x)


def lists(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Listed(hp.Int("depth", 1, 3), name="block1_listed")(convolution(scaled(inputs)))


def counts(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Counter(name="block1_counter")(convolution(scaled(inputs)))


def shares(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """One convolution and one normalisation, called several times."""
    x = convolution(scaled(inputs))
    shared, norm = (
        layers.Conv2D(4, 3, padding="same", name="block2_conv"),
        layers.BatchNormalization(name="block2_bn"),
    )
    for _ in range(3):
        x = ops.relu(norm(shared(x))) + x
    return x


def normalises_spectra(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    x = convolution(scaled(inputs))
    return layers.SpectralNormalization(layers.Conv2D(4, 3, name="inner"), name="block2_spectral")(x)


def normalises_pixels(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """A Normalization with the statistics of some images."""
    norm = layers.Normalization(name="normalization")
    norm.adapt(np.random.default_rng(0).integers(0, 256, (20, 8, 8, inputs.shape[-1])).astype("float32"))
    return convolution(norm(inputs))


def attends(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Tokens(name="block2_tokens")(convolution(scaled(inputs)))


def bare_operations(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Functions of keras.ops between layers: sums, slices, padding, concatenation and a constant."""
    x = ops.pad(inputs / 127.5 - np.ones(inputs.shape[-1], "float32"), [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = convolution(x)
    gate = ops.sigmoid(ops.mean(x, axis=(1, 2), keepdims=True))
    return ops.concatenate([x * gate, ops.abs(x)[..., :2], ops.roll(x, 1, axis=1)], axis=-1)


def windows(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Windows(name="block1_windows")(convolution(scaled(inputs)))


def half_precision(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    x = convolution(scaled(inputs), dtype="mixed_float16")
    x = layers.BatchNormalization(name="block1_bn", dtype="mixed_float16")(x)
    return layers.Conv2D(4, 3, name="block2_conv", dtype="mixed_float16")(ops.relu(x))


def one_size(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Flattens, so that it takes images of one size."""
    x = layers.Flatten(name="flat")(convolution(scaled(inputs)))
    if inputs.shape[1] != 24:
        raise ValueError("24 pixels only")
    return layers.Dense(8, activation="gelu", name="block2_dense")(x)


def regularised(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Penalties, noise, dropout and a layer that never trains."""
    x = layers.GaussianNoise(0.1, name="noise")(scaled(inputs))
    x = convolution(x, kernel_regularizer="l2")
    x = layers.ActivityRegularization(l2=1e-3, name="block1_activity")(x)
    x = layers.SpatialDropout2D(0.3, name="block1_dropout")(x)
    return layers.Conv2D(4, 1, name="block2_fixed", trainable=False)(x)


def recurrent(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Rows of pixels in a sequence, one state for all rows."""
    rows = layers.TimeDistributed(layers.Conv1D(4, 3, name="inner"), name="block1_rows")(scaled(inputs))
    sequence = layers.Reshape((rows.shape[1], rows.shape[2] * rows.shape[3]), name="sequence")(rows)
    return layers.Bidirectional(layers.GRU(4, name="gru"), name="block2_gru")(sequence)


def pretrained(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    """Sets its own initial weights, and starts a residual branch at zero."""
    layer = layers.Conv2D(4, 3, padding="same", name="block1_conv")
    x = layer(scaled(inputs))
    layer.set_weights([np.full_like(each, 0.05) for each in layer.get_weights()])
    y = layers.Conv2D(4, 3, padding="same", name="block2_conv")(ops.relu(x))
    y = layers.BatchNormalization(gamma_initializer="zeros", name="block2_bn")(y)
    return layers.Add(name="block2_add")([x, y])


def scales_in_training(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    return Trained(name="block1_scale")(convolution(scaled(inputs)))


UNUSUAL = [
    architecture(scales_in_training, custom_layers=unusual_layers),
    architecture(
        transformer,
        sizes=Sizes(step=4),
        min_size=None,
        freeze_points=("patches", "block1", "block2"),
        custom_layers=unusual_layers,
    ),
    architecture(lists, custom_layers=unusual_layers),
    architecture(counts, custom_layers=unusual_layers),
    architecture(shares, freeze_points=("block1", "block2")),
    architecture(normalises_spectra, freeze_points=("block1", "block2")),
    architecture(normalises_pixels),
    architecture(attends, custom_layers=unusual_layers, freeze_points=("block1", "block2")),
    architecture(bare_operations),
    architecture(windows, custom_layers=unusual_layers, sizes=Sizes(step=4), min_size=None),
    architecture(half_precision, freeze_points=("block1", "block2")),
    architecture(
        one_size, sizes=Sizes.only(24), min_size=None, channels=3, freeze_points=("block1", "block2")
    ),
    architecture(regularised),
    architecture(recurrent, freeze_points=("block1", "block2")),
    architecture(pretrained, freeze_points=("block1", "block2")),
]
