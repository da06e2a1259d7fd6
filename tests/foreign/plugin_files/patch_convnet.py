"""PatchConvNet: a column of convolutional blocks, then a class token that attends to all patches."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="patch_convnet")
    class LayerScale(layers.Layer):
        def __init__(self, start=1e-2, **kwargs):
            super().__init__(**kwargs)
            self.start = start

        def build(self, input_shape):
            start = keras.initializers.Constant(self.start)
            self.gamma = self.add_weight(shape=(input_shape[-1],), initializer=start)  # without a name

        def call(self, x):
            return self.gamma * x

        def get_config(self):
            return {**super().get_config(), "start": self.start}

    @keras.saving.register_keras_serializable(package="patch_convnet")
    class ClassAttention(layers.Layer):
        """(batch, patches, width) -> (batch, width): one query, a trained vector."""

        def build(self, input_shape):
            width = input_shape[-1]
            self.query = self.add_weight(shape=(1, 1, width), initializer="random_normal")
            self.keys = layers.Dense(width)
            self.values = layers.Dense(width)
            self.out = layers.Dense(width)
            self.scale = LayerScale()
            for layer in (self.keys, self.values, self.out):
                layer.build((None, width))
            self.scale.build((None, width))

        def call(self, x):
            scores = ops.matmul(self.query, ops.swapaxes(self.keys(x), 1, 2)) * x.shape[-1] ** -0.5
            pooled = ops.matmul(ops.softmax(scores), self.values(x))
            return (self.query + self.scale(self.out(pooled)))[:, 0]

        def compute_output_shape(self, input_shape):
            return input_shape[0], input_shape[-1]

    return [LayerScale, ClassAttention]


def column_block(x, name):
    from keras import layers

    LayerScale, _ = custom_layers()
    width = x.shape[-1]
    y = layers.LayerNormalization(name=f"{name}_norm")(x)
    y = layers.Conv2D(width, 1, activation="gelu", name=f"{name}_in")(y)
    y = layers.DepthwiseConv2D(3, padding="same", activation="gelu", name=f"{name}_depthwise")(y)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(y)
    gate = layers.Dense(width // 4, activation="relu", name=f"{name}_reduce")(gate)
    gate = layers.Dense(width, activation="sigmoid", name=f"{name}_excite")(gate)
    y = layers.Conv2D(width, 1, name=f"{name}_out")(layers.Multiply(name=f"{name}_gate")([y, gate]))
    return layers.Add(name=f"{name}_add")([x, LayerScale(name=f"{name}_scale")(y)])


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    _, ClassAttention = custom_layers()
    width = hp.Choice("width", [16, 24, 32], default=24)
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(width, 3, 2, padding="same", activation="gelu", name="stem_conv1")(x)
    x = layers.Conv2D(width, 3, 2, padding="same", name="stem_conv2")(x)
    for number in (1, 2):
        x = column_block(x, f"column{number}")
    x = layers.Reshape((-1, width), name="pool_patches")(x)
    return ClassAttention(name="pool_attention")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="patch-convnet",
            backbone=backbone,
            summary="a column of convolutions with attention pooling",
            reference="Touvron et al. 2021, Augmenting convolutional networks with attention-based aggregation",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "column1", "column2", "pool"),
            custom_layers=custom_layers,
        )
    ]
