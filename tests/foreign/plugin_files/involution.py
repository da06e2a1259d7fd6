"""Involution: the kernel of each place is computed from its own channels; weights in name scopes."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="involution")
    class Involution(layers.Layer):
        def __init__(self, kernel=3, groups=2, reduction=2, **kwargs):
            super().__init__(**kwargs)
            self.kernel, self.groups, self.reduction = kernel, groups, reduction

        def build(self, input_shape):
            width = input_shape[-1]
            with keras.name_scope("kernel_generator"):
                self.reduce = layers.Conv2D(width // self.reduction, 1)
                self.norm = layers.BatchNormalization()
                self.span = layers.Conv2D(self.groups * self.kernel**2, 1)
                self.reduce.build(input_shape)
                self.norm.build((*input_shape[:-1], width // self.reduction))
                self.span.build((*input_shape[:-1], width // self.reduction))

        def call(self, x, training=None):
            _, height, width, channels = x.shape
            kernels = self.span(ops.relu(self.norm(self.reduce(x), training=training)))
            kernels = ops.reshape(kernels, (-1, height, width, self.kernel**2, self.groups, 1))
            margin = self.kernel // 2
            padded = ops.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
            around = [
                padded[:, down : down + height, right : right + width]
                for down in range(self.kernel)
                for right in range(self.kernel)
            ]
            around = ops.stack(around, axis=3)
            around = ops.reshape(
                around, (-1, height, width, self.kernel**2, self.groups, channels // self.groups)
            )
            return ops.reshape(ops.sum(kernels * around, axis=3), (-1, height, width, channels))

        def get_config(self):
            own = {"kernel": self.kernel, "groups": self.groups, "reduction": self.reduction}
            return {**super().get_config(), **own}

    return [Involution]


def backbone(hp, inputs, *, weights=None):
    import keras
    from keras import layers

    (Involution,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, padding="same", name="stem")(x)
    for stage in (1, 2):
        with keras.name_scope(f"inner{stage}"):
            x = Involution(hp.Choice("kernel", [3, 5], default=3), name=f"stage{stage}_involution")(x)
        x = layers.ReLU(name=f"stage{stage}_relu")(x)
        x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="involution",
            backbone=backbone,
            summary="kernels that differ from place to place",
            reference="Li et al. 2021, Involution: inverting the inherence of convolution",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "stage1", "stage2"),
            custom_layers=custom_layers,
        )
    ]
