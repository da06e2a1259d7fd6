"""Convolutional block attention; the layer's `get_config` forgets an argument that its constructor needs."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="cbam")
    class BlockAttention(layers.Layer):
        def __init__(self, reduction, kernel=5, **kwargs):
            super().__init__(**kwargs)
            self.reduction, self.kernel = reduction, kernel

        def build(self, input_shape):
            channels = input_shape[-1]
            self.narrow = layers.Dense(channels // self.reduction, "relu")
            self.wide = layers.Dense(channels)
            self.places = layers.Conv2D(1, self.kernel, padding="same", activation="sigmoid")
            self.narrow.build((None, channels))
            self.wide.build((None, channels // self.reduction))
            self.places.build((*input_shape[:-1], 2))

        def call(self, x):
            pooled = [pool(x, axis=(1, 2), keepdims=True) for pool in (ops.mean, ops.max)]
            x = x * ops.sigmoid(sum(self.wide(self.narrow(vector)) for vector in pooled))
            maps = [pool(x, axis=-1, keepdims=True) for pool in (ops.mean, ops.max)]
            return x * self.places(ops.concatenate(maps, axis=-1))

        def get_config(self):
            return {**super().get_config(), "kernel": self.kernel}

    return [BlockAttention]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (BlockAttention,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", activation="relu", name="conv1")(x)
    return BlockAttention(4, name="attention")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="cbam",
            backbone=backbone,
            summary="attention to channels, then to places",
            reference="Woo et al. 2018, CBAM: convolutional block attention module",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "attention"),
            custom_layers=custom_layers,
        )
    ]
