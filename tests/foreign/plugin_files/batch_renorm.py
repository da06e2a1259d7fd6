"""Batch renormalisation: corrections are allowed to grow with the number of steps, which the layer counts itself."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="batch_renorm")
    class BatchRenormalization(keras.layers.Layer):
        def __init__(self, momentum=0.9, ramp=10, **kwargs):
            super().__init__(**kwargs)
            self.momentum, self.ramp = momentum, ramp

        def build(self, input_shape):
            def vector(name, initializer, trainable):
                shape = (input_shape[-1],)
                return self.add_weight(shape=shape, initializer=initializer, trainable=trainable, name=name)

            self.gamma, self.beta = vector("gamma", "ones", True), vector("beta", "zeros", True)
            self.mean, self.deviation = vector("mean", "zeros", False), vector("deviation", "ones", False)
            self.steps = self.add_weight(
                shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
            )

        def call(self, x, training=False):
            if not training:
                return self.gamma * (x - self.mean) / self.deviation + self.beta
            mean, variance = ops.moments(x, axes=(0, 1, 2))
            deviation = ops.sqrt(variance + 1e-3)
            grown = ops.minimum(ops.cast(self.steps, x.dtype) / self.ramp, 1.0)
            scale = ops.stop_gradient(
                ops.clip(deviation / self.deviation, 1 / (1 + 2 * grown), 1 + 2 * grown)
            )
            shift = ops.stop_gradient(ops.clip((mean - self.mean) / self.deviation, -5 * grown, 5 * grown))
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.deviation.assign(self.momentum * self.deviation + (1 - self.momentum) * deviation)
            self.steps.assign(self.steps + 1)
            return self.gamma * ((x - mean) / deviation * scale + shift) + self.beta

        def compute_output_shape(self, input_shape):
            return input_shape

        def get_config(self):
            return {**super().get_config(), "momentum": self.momentum, "ramp": self.ramp}

    return [BatchRenormalization]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (BatchRenormalization,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for number in (1, 2):
        x = layers.Conv2D(16, 3, 2, padding="same", use_bias=False, name=f"block{number}_conv")(x)
        x = BatchRenormalization(hp.Fixed("momentum", 0.9), name=f"block{number}_renorm")(x)
        x = layers.ReLU(name=f"block{number}_relu")(x)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="batch-renorm",
            backbone=backbone,
            summary="convolutions with batch renormalisation",
            reference="Ioffe 2017, Batch renormalization",
            min_size=8,
            default_size=16,
            freeze_points=("block1", "block2"),
            custom_layers=custom_layers,
        )
    ]
