"""A network with a layer of each way in which earlier versions of zoo named variables."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras

    @keras.saving.register_keras_serializable(package="older")
    class Mixing(keras.layers.Layer):
        def build(self, input_shape):
            self.dense = keras.layers.Dense(input_shape[-1], name="inner")
            self.dense.build(input_shape)
            self.scale = self.add_weight(shape=input_shape[-1:], initializer="ones")
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

        def call(self, inputs):
            return inputs + self.scale * self.dense(inputs) + self.count

    return [Mixing]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (mixing,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="block1_conv")(x)
    x = layers.BatchNormalization(name="block1_bn")(x)
    x = mixing(name="block1_mixing")(x)
    x = layers.MultiHeadAttention(2, 2, attention_axes=(1, 2), name="block2_attention")(x, x)
    return layers.SeparableConv2D(4, 2, name="block2_conv")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="older",
            backbone=backbone,
            summary="a layer of each kind",
            reference="zoo's tests",
            min_size=8,
            freeze_points=("block1", "block2"),
            custom_layers=custom_layers,
        )
    ]
