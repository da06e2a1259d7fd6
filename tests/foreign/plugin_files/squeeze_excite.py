"""Squeeze-and-excitation as a subclass of Model with its own config, a block of a residual network."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable(package="squeeze_excite")
    class SqueezeExcite(keras.Model):
        def __init__(self, channels, ratio=4, **kwargs):
            super().__init__(**kwargs)
            self.channels, self.ratio = channels, ratio
            self.squeeze = layers.GlobalAveragePooling2D(keepdims=True)
            self.reduce = layers.Conv2D(channels // ratio, 1, activation="relu")
            self.expand = layers.Conv2D(channels, 1, activation="sigmoid")

        def call(self, x):
            return x * self.expand(self.reduce(self.squeeze(x)))

        def get_config(self):
            return {"name": self.name, "channels": self.channels, "ratio": self.ratio}

    return [SqueezeExcite]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (SqueezeExcite,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, padding="same", name="stem")(x)
    for number in (1, 2):
        y = layers.Conv2D(16, 3, padding="same", activation="relu", name=f"stage{number}_conv1")(x)
        y = layers.Conv2D(16, 3, padding="same", name=f"stage{number}_conv2")(y)
        y = SqueezeExcite(16, hp.Choice("ratio", [2, 4, 8], default=4), name=f"stage{number}_excite")(y)
        x = layers.MaxPooling2D(2, name=f"stage{number}_pool")(layers.ReLU(name=f"stage{number}_relu")(x + y))
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="squeeze-excite",
            backbone=backbone,
            summary="residual blocks with squeeze-and-excitation",
            reference="Hu et al. 2018, Squeeze-and-excitation networks",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "stage1", "stage2"),
            custom_layers=custom_layers,
        )
    ]
