"""Residual blocks without normalisation: a subclass of Conv2D standardises its kernel in each call."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="nfnet")
    class StandardizedConv2D(keras.layers.Conv2D):
        """Its config is Conv2D's; a gain for each filter is one more weight."""

        def build(self, input_shape):
            super().build(input_shape)
            self.gain = self.add_weight(shape=(self.filters,), initializer="ones", name="gain")

        def convolution_op(self, inputs, kernel):
            mean, variance = ops.moments(kernel, axes=(0, 1, 2), keepdims=True)
            count = kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
            scale = self.gain * ops.rsqrt(ops.maximum(variance * count, 1e-4))
            return super().convolution_op(inputs, (kernel - mean) * scale)

    return [StandardizedConv2D]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (StandardizedConv2D,) = custom_layers()
    alpha, variance = hp.Float("alpha", 0.1, 0.5, step=0.1, default=0.2), 1.0
    x = layers.Rescaling(1 / 127.5, -1, name="stem_scale")(inputs)
    x = StandardizedConv2D(16, 3, strides=2, padding="same", name="stem_conv")(x)
    for number in (1, 2):
        y = layers.Activation("gelu", name=f"block{number}_gelu1")(x / variance**0.5)
        y = StandardizedConv2D(16, 3, padding="same", name=f"block{number}_conv1")(y)
        y = layers.Activation("gelu", name=f"block{number}_gelu2")(y)
        y = StandardizedConv2D(16, 3, padding="same", name=f"block{number}_conv2")(y)
        x, variance = x + alpha * y, variance + alpha**2
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="nfnet",
            backbone=backbone,
            summary="residual blocks with standardised weights",
            reference="Brock et al. 2021, High-performance large-scale image recognition without normalization",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "block1", "block2"),
            custom_layers=custom_layers,
        )
    ]
