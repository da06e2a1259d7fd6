"""External attention: two memories that all images share are the keys and values; sublayers in a dict."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="eanet")
    class ExternalAttention(layers.Layer):
        def __init__(self, heads, memory, **kwargs):
            super().__init__(**kwargs)
            self.heads, self.memory = heads, memory
            self.parts = {"keys": layers.Dense(memory, use_bias=False)}

        def build(self, input_shape):
            _, tokens, width = input_shape
            each = width // self.heads
            self.each = each
            self.parts["values"] = layers.Dense(each, use_bias=False)
            self.parts["in"], self.parts["out"] = layers.Dense(width), layers.Dense(width)
            self.parts["keys"].build((None, tokens, self.heads, each))
            self.parts["values"].build((None, tokens, self.heads, self.memory))
            self.parts["in"].build(input_shape)
            self.parts["out"].build(input_shape)

        def call(self, x):
            tokens, width = x.shape[1:]
            y = ops.reshape(self.parts["in"](x), (-1, tokens, self.heads, self.each))
            scores = ops.softmax(self.parts["keys"](y), axis=1)
            scores = scores / (1e-9 + ops.sum(scores, axis=-1, keepdims=True))
            return self.parts["out"](ops.reshape(self.parts["values"](scores), (-1, tokens, width)))

        def get_config(self):
            return {**super().get_config(), "heads": self.heads, "memory": self.memory}

    return [ExternalAttention]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (ExternalAttention,) = custom_layers()
    width = 32
    x = layers.Rescaling(1 / 255, name="patches_scale")(inputs)
    x = layers.Conv2D(width, 4, 4, name="patches_conv")(x)
    x = layers.Reshape((-1, width), name="patches")(x)
    for number in (1, 2):
        y = layers.LayerNormalization(name=f"layer{number}_norm1")(x)
        y = ExternalAttention(
            4, hp.Int("memory", 8, 64, step=8, default=16), name=f"layer{number}_attention"
        )(y)
        x = layers.Add(name=f"layer{number}_add1")([x, y])
        y = layers.LayerNormalization(name=f"layer{number}_norm2")(x)
        y = layers.Dense(width, activation="gelu", name=f"layer{number}_mlp")(y)
        x = layers.Add(name=f"layer{number}_add2")([x, y])
    return layers.GlobalAveragePooling1D(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="eanet",
            backbone=backbone,
            summary="transformer with external attention",
            reference="Guo et al. 2021, Beyond self-attention: external attention using two linear layers",
            min_size=16,
            default_size=16,
            freeze_points=("patches", "layer1", "layer2"),
            custom_layers=custom_layers,
        )
    ]
