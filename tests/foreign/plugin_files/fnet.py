"""FNet: tokens mixed by a Fourier transform, a layer that has no weights."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras

    @keras.saving.register_keras_serializable(package="fnet")
    class FourierMixing(keras.layers.Layer):
        """The real part of the transform over tokens and channels."""

        def call(self, x):
            real, _ = keras.ops.fft2((x, keras.ops.zeros_like(x)))
            return real

        def compute_output_shape(self, input_shape):
            return input_shape

    return [FourierMixing]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (FourierMixing,) = custom_layers()
    width = hp.Int("width", 16, 64, step=16, default=32)
    x = layers.Rescaling(1 / 255, name="patches_scale")(inputs)
    x = layers.Conv2D(width, 4, 4, name="patches_conv")(x)
    x = layers.Reshape((-1, width), name="patches_tokens")(x)
    for number in (1, 2):
        y = FourierMixing(name=f"mixing{number}_fourier")(x)
        x = layers.LayerNormalization(name=f"mixing{number}_norm1")(x + y)
        y = layers.Dense(2 * width, activation="gelu", name=f"mixing{number}_wide")(x)
        y = layers.Dropout(0.1, name=f"mixing{number}_dropout")(
            layers.Dense(width, name=f"mixing{number}_narrow")(y)
        )
        x = layers.LayerNormalization(name=f"mixing{number}_norm2")(x + y)
    return layers.GlobalAveragePooling1D(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="fnet",
            backbone=backbone,
            summary="transformer with Fourier transforms instead of attention",
            reference="Lee-Thorp et al. 2022, FNet: mixing tokens with Fourier transforms",
            min_size=16,
            default_size=16,
            freeze_points=("patches", "mixing1", "mixing2"),
            custom_layers=custom_layers,
        )
    ]
