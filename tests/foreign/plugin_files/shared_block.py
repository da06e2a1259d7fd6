"""A transformer whose blocks share their weights: one layer with its sublayers, called several times, as in ALBERT."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable(package="shared_block")
    class Block(layers.Layer):
        def __init__(self, heads, width, **kwargs):
            super().__init__(**kwargs)
            self.heads, self.width = heads, width
            self.attention = layers.MultiHeadAttention(heads, width // heads)
            self.norms = (layers.LayerNormalization(), layers.LayerNormalization())
            self.mlp = keras.Sequential([layers.Dense(2 * width, "gelu"), layers.Dense(width)])

        def call(self, x):
            x = self.norms[0](x + self.attention(x, x))
            return self.norms[1](x + self.mlp(x))

        def get_config(self):
            return {**super().get_config(), "heads": self.heads, "width": self.width}

    return [Block]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (Block,) = custom_layers()
    width = 24
    x = layers.Rescaling(1 / 255, name="embedding_scale")(inputs)
    x = layers.Conv2D(width, 4, 4, name="embedding_patches")(x)
    x = layers.Reshape((-1, width), name="embedding_tokens")(x)
    block = Block(2, width, name="block")
    for _ in range(hp.Int("times", 1, 4, default=3)):
        x = block(x)
    return layers.GlobalAveragePooling1D(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="shared-block",
            backbone=backbone,
            summary="one transformer block, applied three times",
            reference="Lan et al. 2020, ALBERT",
            min_size=16,
            default_size=16,
            freeze_points=("embedding", "block"),
            custom_layers=custom_layers,
        )
    ]
