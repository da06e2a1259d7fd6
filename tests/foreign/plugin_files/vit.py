"""A vision transformer of Keras's own layers, and one layer for what Keras lacks: the class token and positions."""

from functools import cache

from zoo import Architecture, Sizes, hookimpl


@cache
def custom_layers():
    import keras

    @keras.saving.register_keras_serializable(package="vit")
    class ClassTokenAndPositions(keras.layers.Layer):
        """(batch, tokens, width) -> (batch, 1 + tokens, width); both weights are created in `build`."""

        def build(self, input_shape):
            _, tokens, width = input_shape
            self.class_token = self.add_weight(shape=(1, 1, width), initializer="zeros", name="class_token")
            self.positions = self.add_weight(
                shape=(1, tokens + 1, width),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
                name="positions",
            )

        def call(self, tokens):
            batch = keras.ops.shape(tokens)[0]
            first = keras.ops.repeat(self.class_token, batch, axis=0)
            return keras.ops.concatenate([first, tokens], axis=1) + self.positions

        def compute_output_shape(self, input_shape):
            batch, tokens, width = input_shape
            return batch, tokens + 1, width

    return [ClassTokenAndPositions]


def encoder(x, heads, name):
    """Attention and an MLP, each after a normalisation and around a shortcut."""
    from keras import layers

    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm1")(x)
    y = layers.MultiHeadAttention(heads, width // heads, dropout=0.1, name=f"{name}_attention")(y, y)
    x = layers.Add(name=f"{name}_add1")([x, y])
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm2")(x)
    y = layers.Dense(2 * width, activation="gelu", name=f"{name}_mlp1")(y)
    y = layers.Dense(width, name=f"{name}_mlp2")(y)
    return layers.Add(name=f"{name}_add2")([x, y])


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (ClassTokenAndPositions,) = custom_layers()
    width = hp.Int("width", 16, 64, step=16, default=32)
    x = layers.Rescaling(1 / 127.5, offset=-1, name="stem_scale")(inputs)
    x = layers.Conv2D(width, 4, strides=4, name="stem_patches")(x)
    x = layers.Reshape((-1, width), name="stem_tokens")(x)
    x = ClassTokenAndPositions(name="stem_positions")(x)
    for number in range(1, hp.Int("depth", 1, 4, default=2) + 1):
        x = encoder(x, 4, f"encoder{number}")
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return x[:, 0]


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="vit",
            backbone=backbone,
            summary="vision transformer with a class token",
            reference="Dosovitskiy et al. 2021, An image is worth 16x16 words",
            sizes=Sizes(step=4),
            default_size=16,
            freeze_points=("stem", "encoder1", "encoder2"),
            custom_layers=custom_layers,
        )
    ]
