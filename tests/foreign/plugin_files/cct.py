"""Compact convolutional transformer: a convolutional tokenizer and sequence pooling, with sublayers in a list."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="cct")
    class Tokenizer(layers.Layer):
        def __init__(self, widths, **kwargs):
            super().__init__(**kwargs)
            self.widths = list(widths)
            self.steps = []
            for width in self.widths:
                self.steps.append(layers.Conv2D(width, 3, padding="same", use_bias=False, activation="relu"))
                self.steps.append(layers.MaxPooling2D(3, 2, padding="same"))

        def build(self, input_shape):
            for step in self.steps:
                step.build(input_shape)
                input_shape = step.compute_output_shape(input_shape)

        def call(self, images):
            for step in self.steps:
                images = step(images)
            return ops.reshape(images, (-1, images.shape[1] * images.shape[2], images.shape[3]))

        def get_config(self):
            return {**super().get_config(), "widths": self.widths}

    @keras.saving.register_keras_serializable(package="cct")
    class EncoderBlock(layers.Layer):
        """Both branches are dropped for a whole image at times; the rates differ with depth."""

        def __init__(self, heads=2, drop_path=0.0, **kwargs):
            super().__init__(**kwargs)
            self.heads, self.drop_path = heads, drop_path
            self.norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
            self.drops = [layers.Dropout(drop_path, noise_shape=(None, 1, 1)) for _ in range(2)]

        def build(self, input_shape):
            width = input_shape[-1]
            self.attention = layers.MultiHeadAttention(self.heads, width // self.heads, dropout=0.1)
            self.mlp = [layers.Dense(width, "gelu"), layers.Dropout(0.1), layers.Dense(width)]
            self.attention.build(input_shape, input_shape)
            for layer in (*self.norms, *self.mlp):
                layer.build(input_shape)

        def call(self, x, training=None):
            y = self.norms[0](x)
            x = x + self.drops[0](self.attention(y, y, training=training), training=training)
            y = self.norms[1](x)
            for layer in self.mlp:
                y = layer(y, training=training) if isinstance(layer, layers.Dropout) else layer(y)
            return x + self.drops[1](y, training=training)

        def get_config(self):
            return {**super().get_config(), "heads": self.heads, "drop_path": self.drop_path}

    @keras.saving.register_keras_serializable(package="cct")
    class SequencePool(layers.Layer):
        def build(self, input_shape):
            self.attention = layers.Dense(1)
            self.attention.build(input_shape)

        def call(self, tokens):
            shares = ops.softmax(self.attention(tokens), axis=1)
            return ops.sum(shares * tokens, axis=1)

    return [Tokenizer, EncoderBlock, SequencePool]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    Tokenizer, EncoderBlock, SequencePool = custom_layers()
    width = hp.Int("width", 16, 64, step=16, default=32)
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = Tokenizer([width // 2, width], name="tokenizer")(x)
    for number in range(2):
        x = EncoderBlock(heads=2, drop_path=0.1 * number, name=f"block{number}")(x)
    x = layers.LayerNormalization(name="pool_norm")(x)
    return SequencePool(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="cct",
            backbone=backbone,
            summary="compact convolutional transformer",
            reference="Hassani et al. 2021, Escaping the big data paradigm with compact transformers",
            min_size=8,
            default_size=16,
            freeze_points=("tokenizer", "block0", "block1", "pool"),
            custom_layers=custom_layers,
        )
    ]
