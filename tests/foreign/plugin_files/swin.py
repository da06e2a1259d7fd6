"""Swin: attention within windows, which every other block shifts, with a bias for each relative position."""

from functools import cache

import numpy as np

from zoo import Architecture, Sizes, hookimpl


def relative_positions(window):
    """(window², window²): for each pair of places in a window the number of its relative position."""
    rows, columns = np.divmod(np.arange(window * window), window)
    down = rows[:, None] - rows[None] + window - 1
    right = columns[:, None] - columns[None] + window - 1
    return down * (2 * window - 1) + right


def windows_of(regions, window):
    """(size, size) -> (windows, window²)."""
    count = regions.shape[0] // window
    return regions.reshape(count, window, count, window).transpose(0, 2, 1, 3).reshape(count * count, -1)


def shifted_mask(size, window, shift):
    """(windows, window², window²): -100 where two places meet in a window only since the image wraps around."""
    part = np.digitize(np.arange(size), [size - window, size - shift])
    regions = windows_of(part[:, None] * 3 + part[None], window)
    return np.where(regions[:, :, None] == regions[:, None], 0.0, -100.0).astype("float32")


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="swin")
    class WindowAttention(layers.Layer):
        """All sublayers and the table of biases are created in `build`."""

        def __init__(self, window, heads, shift=0, **kwargs):
            super().__init__(**kwargs)
            self.window, self.heads, self.shift = window, heads, shift

        def build(self, input_shape):
            _, size, _, width = input_shape
            self.size, self.width = size, width
            self.bias = self.add_weight(
                shape=((2 * self.window - 1) ** 2, self.heads),
                initializer="random_normal",
                name="relative_bias",
            )
            self.places = relative_positions(self.window)
            self.mask = shifted_mask(size, self.window, self.shift)[None, :, None] if self.shift else 0.0
            self.qkv = layers.Dense(3 * width)
            self.out = layers.Dense(width)
            self.qkv.build((None, width))
            self.out.build((None, width))

        def call(self, x):
            count, area = self.size // self.window, self.window**2
            if self.shift:
                x = ops.roll(x, (-self.shift, -self.shift), axis=(1, 2))
            x = ops.reshape(x, (-1, count, self.window, count, self.window, self.width))
            x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, count * count, area, self.width))
            qkv = ops.reshape(self.qkv(x), (-1, count * count, area, 3, self.heads, self.width // self.heads))
            query, key, value = (qkv[:, :, :, part] for part in range(3))
            scores = ops.einsum("bwqhd,bwkhd->bwhqk", query, key) * (self.width // self.heads) ** -0.5
            bias = ops.take(self.bias, self.places, axis=0)
            scores = scores + ops.transpose(bias, (2, 0, 1))[None, None] + self.mask
            x = ops.einsum("bwhqk,bwkhd->bwqhd", ops.softmax(scores), value)
            x = self.out(ops.reshape(x, (-1, count * count, area, self.width)))
            x = ops.reshape(x, (-1, count, count, self.window, self.window, self.width))
            x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, self.size, self.size, self.width))
            return ops.roll(x, (self.shift, self.shift), axis=(1, 2)) if self.shift else x

        def get_config(self):
            return {**super().get_config(), "window": self.window, "heads": self.heads, "shift": self.shift}

    @keras.saving.register_keras_serializable(package="swin")
    class PatchMerging(layers.Layer):
        def build(self, input_shape):
            *_, width = input_shape
            self.norm = layers.LayerNormalization(epsilon=1e-5)
            self.reduce = layers.Dense(2 * width, use_bias=False)
            self.norm.build((None, 4 * width))
            self.reduce.build((None, 4 * width))

        def call(self, x):
            parts = [x[:, down::2, right::2] for right in (0, 1) for down in (0, 1)]
            return self.reduce(self.norm(ops.concatenate(parts, axis=-1)))

    return [WindowAttention, PatchMerging]


def block(x, window, shift, name):
    from keras import layers

    WindowAttention, _ = custom_layers()
    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm1")(x)
    x = x + WindowAttention(window, 2, shift, name=f"{name}_attention")(y)
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm2")(x)
    y = layers.Dense(2 * width, activation="gelu", name=f"{name}_mlp1")(y)
    return x + layers.Dense(width, name=f"{name}_mlp2")(y)


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    _, PatchMerging = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(hp.Int("width", 8, 32, step=8, default=16), 2, 2, name="stem_patches")(x)
    for shift in (0, 2):
        x = block(x, 4, shift, f"stage1_shift{shift}")
    x = PatchMerging(name="stage2_merge")(x)
    x = block(x, 4, 0, "stage2_last")
    return layers.LayerNormalization(epsilon=1e-5, name="norm")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="swin",
            backbone=backbone,
            summary="attention in shifted windows",
            reference="Liu et al. 2021, Swin Transformer",
            sizes=Sizes(step=16),
            # Of 16 pixels the last window is the whole map, and there TensorFlow 2.18 crashes in training (oneDNN).
            default_size=32,
            freeze_points=("stem", "stage1", "stage2"),
            custom_layers=custom_layers,
        )
    ]
