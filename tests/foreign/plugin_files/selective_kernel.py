"""Selective kernels; the layer is registered with Keras, but only when the backbone is built."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="selective_kernel")
    class SelectiveKernel(layers.Layer):
        def build(self, input_shape):
            channels = input_shape[-1]
            self.branches = [layers.Conv2D(channels, kernel, padding="same") for kernel in (3, 5)]
            self.choose = layers.Dense(2 * channels)
            for branch in self.branches:
                branch.build(input_shape)
            self.choose.build((None, channels))

        def call(self, x):
            maps = ops.stack([ops.relu(branch(x)) for branch in self.branches], axis=1)
            pooled = ops.mean(ops.sum(maps, axis=1), axis=(1, 2))
            shares = ops.softmax(ops.reshape(self.choose(pooled), (-1, 2, 1, 1, x.shape[-1])), axis=1)
            return ops.sum(maps * shares, axis=1)

    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(8, 3, 2, padding="same", activation="relu", name="conv1")(x)
    return SelectiveKernel(name="selective")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="selective-kernel",
            backbone=backbone,
            summary="attention between kernel sizes",
            reference="Li et al. 2019, Selective kernel networks",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "selective"),
        )
    ]
