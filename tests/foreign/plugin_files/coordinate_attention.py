"""Coordinate attention; the layer is given another layer, and has no `get_config` that would write that down."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="coordinate_attention")
    class CoordinateAttention(layers.Layer):
        def __init__(self, reduce, **kwargs):
            super().__init__(**kwargs)
            self.reduce = reduce

        def build(self, input_shape):
            _, height, width, channels = input_shape
            self.down, self.across = layers.Conv2D(channels, 1), layers.Conv2D(channels, 1)
            self.reduce.build((None, height + width, 1, channels))
            for conv in (self.down, self.across):
                conv.build((None, None, 1, self.reduce.filters))

        def call(self, x):
            height = x.shape[1]
            rows = ops.mean(x, axis=2, keepdims=True)
            columns = ops.transpose(ops.mean(x, axis=1, keepdims=True), (0, 2, 1, 3))
            y = self.reduce(ops.concatenate([rows, columns], axis=1))
            rows, columns = ops.split(y, [height], axis=1)
            columns = ops.transpose(self.across(columns), (0, 2, 1, 3))
            return x * ops.sigmoid(self.down(rows)) * ops.sigmoid(columns)

    return [CoordinateAttention]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (CoordinateAttention,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", activation="relu", name="conv1")(x)
    return CoordinateAttention(layers.Conv2D(8, 1, activation="relu"), name="attention")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="coordinate-attention",
            backbone=backbone,
            summary="attention along rows and columns",
            reference="Hou et al. 2021, Coordinate attention for efficient mobile network design",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "attention"),
            custom_layers=custom_layers,
        )
    ]
