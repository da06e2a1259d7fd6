"""GhostNet: half of the maps are cheap copies of the others; bottlenecks nest ghost modules two layers deep."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="ghostnet")
    class Ghost(layers.Layer):
        def __init__(self, filters, activate=True, **kwargs):
            super().__init__(**kwargs)
            self.filters, self.activate = filters, activate
            self.primary = [layers.Conv2D(filters // 2, 1, use_bias=False), layers.BatchNormalization()]
            self.cheap = [
                layers.DepthwiseConv2D(3, padding="same", use_bias=False),
                layers.BatchNormalization(),
            ]

        def build(self, input_shape):
            half = (*input_shape[:-1], self.filters // 2)
            for (conv, norm), shape in ((self.primary, input_shape), (self.cheap, half)):
                conv.build(shape)
                norm.build(half)

        def call(self, x, training=None):
            halves = []
            for conv, norm in (self.primary, self.cheap):
                x = norm(conv(x), training=training)
                x = ops.relu(x) if self.activate else x
                halves.append(x)
            return ops.concatenate(halves, axis=-1)

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.filters)

        def get_config(self):
            return {**super().get_config(), "filters": self.filters, "activate": self.activate}

    @keras.saving.register_keras_serializable(package="ghostnet")
    class GhostBottleneck(layers.Layer):
        def __init__(self, hidden, filters, **kwargs):
            super().__init__(**kwargs)
            self.hidden, self.filters = hidden, filters

        def build(self, input_shape):
            self.expand = Ghost(self.hidden)
            self.project = Ghost(self.filters, activate=False)
            self.expand.build(input_shape)
            self.project.build((*input_shape[:-1], self.hidden))

        def call(self, x, training=None):
            return x + self.project(self.expand(x, training=training), training=training)

        def get_config(self):
            return {**super().get_config(), "hidden": self.hidden, "filters": self.filters}

    return [Ghost, GhostBottleneck]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    Ghost, GhostBottleneck = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", activation="relu", name="stem")(x)
    for number in (1, 2):
        x = GhostBottleneck(hp.Int("hidden", 16, 48, step=16, default=32), 16, name=f"bottleneck{number}")(x)
    return Ghost(32, name="top")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="ghostnet",
            backbone=backbone,
            summary="maps from cheap operations",
            reference="Han et al. 2020, GhostNet: more features from cheap operations",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "bottleneck1", "bottleneck2", "top"),
            custom_layers=custom_layers,
        )
    ]
