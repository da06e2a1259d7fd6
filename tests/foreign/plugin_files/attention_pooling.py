"""An image as a bag of patches: each is embedded by the same convolutions, and gated attention weighs them."""

from functools import cache

from zoo import Architecture, Sizes, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="attention_pooling")
    class Bag(layers.Layer):
        """(batch, height, width, channels) -> (batch, patches, patch, patch, channels)."""

        def __init__(self, patch, **kwargs):
            super().__init__(**kwargs)
            self.patch = patch

        def call(self, images):
            _, height, width, channels = images.shape
            rows, columns = height // self.patch, width // self.patch
            x = ops.reshape(images, (-1, rows, self.patch, columns, self.patch, channels))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            return ops.reshape(x, (-1, rows * columns, self.patch, self.patch, channels))

        def get_config(self):
            return {**super().get_config(), "patch": self.patch}

    @keras.saving.register_keras_serializable(package="attention_pooling")
    class GatedAttentionPooling(layers.Layer):
        """(batch, patches, width) -> (batch, width): the sum of all patches by their shares, which add up to 1."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.look = layers.Dense(units, activation="tanh", use_bias=False)
            self.gate = layers.Dense(units, activation="sigmoid", use_bias=False)
            self.score = layers.Dense(1, use_bias=False)

        def build(self, input_shape):
            self.look.build(input_shape)
            self.gate.build(input_shape)
            self.score.build((*input_shape[:-1], self.units))

        def call(self, patches):
            shares = ops.softmax(self.score(self.look(patches) * self.gate(patches)), axis=1)
            return ops.sum(shares * patches, axis=1)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return [Bag, GatedAttentionPooling]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    Bag, GatedAttentionPooling = custom_layers()
    width = hp.Int("width", 16, 64, step=16, default=32)
    x = layers.Rescaling(1 / 255, name="bag_scale")(inputs)
    x = Bag(8, name="bag_patches")(x)
    for number, filters in ((1, 8), (2, 16)):
        conv = layers.Conv2D(filters, 3, padding="same", activation="relu")
        x = layers.TimeDistributed(conv, name=f"embedding{number}_conv")(x)
        x = layers.TimeDistributed(layers.MaxPooling2D(2), name=f"embedding{number}_pool")(x)
    x = layers.TimeDistributed(layers.Flatten(), name="instance_flat")(x)
    x = layers.TimeDistributed(layers.Dense(width, activation="relu"), name="instance_dense")(x)
    return GatedAttentionPooling(hp.Int("units", 8, 32, step=8, default=16), name="pooling")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="attention-pooling",
            backbone=backbone,
            summary="a bag of patches, pooled by gated attention",
            reference="Ilse et al. 2018, Attention-based deep multiple instance learning",
            sizes=Sizes(step=8),
            default_size=16,
            freeze_points=("bag", "embedding1", "embedding2", "instance", "pooling"),
            custom_layers=custom_layers,
        )
    ]
