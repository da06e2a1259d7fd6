"""gMLP: MLPs with a gate across the patches; each block's two projections have the same name."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="gmlp")
    class SpatialGate(layers.Layer):
        def build(self, input_shape):
            _, patches, width = input_shape
            self.norm = layers.LayerNormalization()
            self.across = layers.Dense(patches, kernel_initializer="zeros", bias_initializer="ones")
            self.norm.build((None, patches, width // 2))
            self.across.build((None, width // 2, patches))

        def call(self, x):
            kept, gate = ops.split(x, 2, axis=-1)
            gate = ops.swapaxes(self.across(ops.swapaxes(self.norm(gate), 1, 2)), 1, 2)
            return kept * gate

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], input_shape[-1] // 2)

    @keras.saving.register_keras_serializable(package="gmlp")
    class GatedBlock(layers.Layer):
        def __init__(self, hidden, **kwargs):
            super().__init__(**kwargs)
            self.hidden = hidden
            self.norm = layers.LayerNormalization(name="norm")
            self.gate = SpatialGate(name="gate")

        def build(self, input_shape):
            width = input_shape[-1]
            self.before = layers.Dense(self.hidden, activation="gelu", name="projection")
            self.after = layers.Dense(width, name="projection")
            self.norm.build(input_shape)
            self.before.build(input_shape)
            self.gate.build((*input_shape[:-1], self.hidden))
            self.after.build((*input_shape[:-1], self.hidden // 2))

        def call(self, x):
            return x + self.after(self.gate(self.before(self.norm(x))))

        def get_config(self):
            return {**super().get_config(), "hidden": self.hidden}

    return [SpatialGate, GatedBlock]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    _, GatedBlock = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(24, 4, 4, name="stem_patches")(x)
    x = layers.Reshape((-1, 24), name="stem_sequence")(x)
    for number in (1, 2):
        x = GatedBlock(hp.Choice("hidden", [32, 64], default=64), name=f"gated{number}")(x)
    return layers.GlobalAveragePooling1D(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="gmlp",
            backbone=backbone,
            summary="MLPs with spatial gating units",
            reference="Liu et al. 2021, Pay attention to MLPs",
            min_size=16,
            default_size=16,
            freeze_points=("stem", "gated1", "gated2"),
            custom_layers=custom_layers,
        )
    ]
