"""An inception network: four branches in parallel, each in a name scope, so that short names repeat."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable(package="inception")
    class Branch(layers.Layer):
        """One or two convolutions, both called `conv`."""

        def __init__(self, filters, kernel, **kwargs):
            super().__init__(**kwargs)
            self.filters, self.kernel = filters, kernel
            self.reduce = layers.Conv2D(filters, 1, activation="relu", name="conv")
            self.conv = layers.Conv2D(filters, kernel, padding="same", activation="relu", name="conv")

        def build(self, input_shape):
            with keras.name_scope("before"):
                self.reduce.build(input_shape)
            with keras.name_scope("after"):
                self.conv.build((*input_shape[:-1], self.filters))

        def call(self, x):
            return self.conv(self.reduce(x))

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.filters)

        def get_config(self):
            return {**super().get_config(), "filters": self.filters, "kernel": self.kernel}

    return [Branch]


def backbone(hp, inputs, *, weights=None):
    import keras
    from keras import layers

    (Branch,) = custom_layers()
    filters = hp.Int("filters", 4, 16, step=4, default=8)
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", activation="relu", name="stem")(x)
    for module in ("mixed1", "mixed2"):
        with keras.name_scope(module):
            branches = [Branch(filters, kernel, name=f"{module}_branch{kernel}")(x) for kernel in (1, 3, 5)]
            pooled = layers.MaxPooling2D(3, 1, padding="same", name=f"{module}_pool")(x)
            branches.append(layers.Conv2D(filters, 1, activation="relu", name=f"{module}_project")(pooled))
        x = layers.Concatenate(name=f"{module}_concatenate")(branches)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="inception",
            backbone=backbone,
            summary="branches of several kernel sizes",
            reference="Szegedy et al. 2015, Going deeper with convolutions",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "mixed1", "mixed2"),
            custom_layers=custom_layers,
        )
    ]
