"""ConvNeXt V2: global response normalisation; a block is a layer that Keras builds by its `call`, without `build`."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="convnext_v2")
    class GlobalResponseNorm(layers.Layer):
        def build(self, input_shape):
            for name in ("gamma", "beta"):
                setattr(self, name, self.add_weight(shape=(input_shape[-1],), initializer="zeros", name=name))

        def call(self, x):
            norms = ops.sqrt(ops.sum(ops.square(x), axis=(1, 2), keepdims=True) + 1e-12)
            response = norms / (ops.mean(norms, axis=-1, keepdims=True) + 1e-6)
            return self.gamma * (x * response) + self.beta + x

    @keras.saving.register_keras_serializable(package="convnext_v2")
    class Block(layers.Layer):
        def __init__(self, width, kernel=5, **kwargs):
            super().__init__(**kwargs)
            self.width, self.kernel = width, kernel
            self.depthwise = layers.DepthwiseConv2D(kernel, padding="same")
            self.norm = layers.LayerNormalization(epsilon=1e-6)
            self.expand = layers.Dense(4 * width)
            self.response = GlobalResponseNorm()
            self.project = layers.Dense(width)

        def call(self, x):
            y = self.expand(self.norm(self.depthwise(x)))
            return x + self.project(self.response(ops.gelu(y)))

        def get_config(self):
            return {**super().get_config(), "width": self.width, "kernel": self.kernel}

    return [GlobalResponseNorm, Block]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    _, Block = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(16, 2, 2, name="stem_patches")(x)
    x = Block(16, hp.Choice("kernel", [3, 5, 7], default=5), name="stage1_block")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="stage2_norm")(x)
    x = layers.Conv2D(24, 2, 2, name="stage2_downsample")(x)
    return Block(24, 3, name="stage2_block")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="convnext-v2",
            backbone=backbone,
            summary="ConvNeXt blocks with global response normalisation",
            reference="Woo et al. 2023, ConvNeXt V2",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "stage1", "stage2"),
            custom_layers=custom_layers,
        )
    ]
