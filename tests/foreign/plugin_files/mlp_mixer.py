"""MLP-Mixer: blocks as layers whose MLPs are Sequential models without a name or an input shape."""

from functools import cache

from zoo import Architecture, Sizes, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable(package="mlp_mixer")
    class MixerBlock(layers.Layer):
        def __init__(self, tokens, channels, **kwargs):
            super().__init__(**kwargs)
            self.tokens, self.channels = tokens, channels
            self.norm_tokens = layers.LayerNormalization()
            self.norm_channels = layers.LayerNormalization()

        def build(self, input_shape):
            _, patches, width = input_shape
            self.mix_tokens = keras.Sequential([layers.Dense(self.tokens, "gelu"), layers.Dense(patches)])
            self.mix_channels = keras.Sequential([layers.Dense(self.channels, "gelu"), layers.Dense(width)])
            self.norm_tokens.build(input_shape)
            self.norm_channels.build(input_shape)
            self.mix_tokens.build((None, width, patches))
            self.mix_channels.build(input_shape)

        def call(self, x):
            across = keras.ops.swapaxes(self.norm_tokens(x), 1, 2)
            x = x + keras.ops.swapaxes(self.mix_tokens(across), 1, 2)
            return x + self.mix_channels(self.norm_channels(x))

        def get_config(self):
            return {**super().get_config(), "tokens": self.tokens, "channels": self.channels}

    return [MixerBlock]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (MixerBlock,) = custom_layers()
    width = hp.Int("width", 16, 64, step=16)
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(width, 4, 4, name="stem_patches")(x)
    x = layers.Reshape((-1, width), name="stem_tokens")(x)
    for number in (1, 2):
        x = MixerBlock(16, 2 * width, name=f"block{number}")(x)
    x = layers.LayerNormalization(name="last_norm")(x)
    return layers.GlobalAveragePooling1D(name="last_pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="mlp-mixer",
            backbone=backbone,
            summary="MLPs over patches and over channels in turn",
            reference="Tolstikhin et al. 2021, MLP-Mixer",
            sizes=Sizes.only(16),
            default_size=16,
            freeze_points=("stem", "block1", "block2"),
            custom_layers=custom_layers,
        )
    ]
