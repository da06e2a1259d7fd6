"""Gated attention pooling whose layer creates its sublayers only when it is first called."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="late_attention")
    class GatedPooling(layers.Layer):
        """(batch, height, width, channels) -> (batch, channels)."""

        def __init__(self, units=16, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.score = None

        def call(self, x):
            if self.score is None:
                self.look = layers.Dense(self.units, activation="tanh")
                self.gate = layers.Dense(self.units, activation="sigmoid")
                self.score = layers.Dense(1)
            patches = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
            shares = ops.softmax(self.score(self.look(patches) * self.gate(patches)), axis=1)
            return ops.sum(shares * patches, axis=1)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return [GatedPooling]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (GatedPooling,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(2, name="conv1_pool")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2")(x)
    return GatedPooling(hp.Int("units", 8, 32, step=8, default=16), name="pooling")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="late-attention",
            backbone=backbone,
            summary="gated attention pooling, created when it is called",
            reference="Ilse et al. 2018, Attention-based deep multiple instance learning",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "conv2", "pooling"),
            custom_layers=custom_layers,
        )
    ]
