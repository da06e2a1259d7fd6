"""FocalNet: each place is modulated by contexts of growing size; a layer of a varying number of sublayers."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="focalnet")
    class FocalModulation(layers.Layer):
        def __init__(self, width, levels=2, **kwargs):
            super().__init__(**kwargs)
            self.width, self.levels = width, levels
            self.project = layers.Dense(2 * width + levels + 1)
            self.modulate = layers.Conv2D(width, 1)
            self.out = layers.Dense(width)
            for level in range(levels):
                conv = layers.DepthwiseConv2D(
                    3 + 2 * level, padding="same", activation="gelu", use_bias=False
                )
                setattr(self, f"level_{level}", conv)

        def call(self, x):
            width = self.width
            query, context, gates = ops.split(self.project(x), [width, 2 * width], axis=-1)
            modulator = 0.0
            for level in range(self.levels):
                context = getattr(self, f"level_{level}")(context)
                modulator = modulator + context * gates[..., level : level + 1]
            everywhere = ops.gelu(ops.mean(context, axis=(1, 2), keepdims=True))
            modulator = modulator + everywhere * gates[..., self.levels :]
            return self.out(query * self.modulate(modulator))

        def get_config(self):
            return {**super().get_config(), "width": self.width, "levels": self.levels}

    return [FocalModulation]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (FocalModulation,) = custom_layers()
    width = 24
    x = layers.Rescaling(1 / 255, name="embed_scale")(inputs)
    x = layers.Conv2D(width, 2, 2, name="embed")(x)
    for number in (1, 2):
        y = layers.LayerNormalization(name=f"focal{number}_norm1")(x)
        x = x + FocalModulation(width, hp.Int("levels", 1, 3, default=2), name=f"focal{number}_modulation")(y)
        y = layers.LayerNormalization(name=f"focal{number}_norm2")(x)
        y = layers.Dense(2 * width, activation="gelu", name=f"focal{number}_wide")(y)
        x = x + layers.Dense(width, name=f"focal{number}_narrow")(y)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="focalnet",
            backbone=backbone,
            summary="focal modulation instead of attention",
            reference="Yang et al. 2022, Focal modulation networks",
            min_size=8,
            default_size=16,
            freeze_points=("embed", "focal1", "focal2"),
            custom_layers=custom_layers,
        )
    ]
