"""PoolFormer: average pooling in place of attention; normalisation by one group, and a scale for each channel."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable(package="poolformer", name="PoolingBlock")
    class Block(layers.Layer):
        def __init__(self, ratio=2, **kwargs):
            super().__init__(**kwargs)
            self.ratio = ratio
            self.pool = layers.AveragePooling2D(3, 1, padding="same")

        def build(self, input_shape):
            width = input_shape[-1]
            self.branches = {}
            for branch in ("mixer", "mlp"):
                self.branches[branch] = {
                    "norm": layers.GroupNormalization(groups=1),
                    "scale": self.add_weight(shape=(width,), initializer=keras.initializers.Constant(1e-2)),
                }
                self.branches[branch]["norm"].build(input_shape)
            self.mlp = (layers.Dense(self.ratio * width, "gelu"), layers.Dense(width))
            self.mlp[0].build(input_shape)
            self.mlp[1].build((*input_shape[:-1], self.ratio * width))

        def call(self, x):
            mixer, mlp = self.branches["mixer"], self.branches["mlp"]
            y = mixer["norm"](x)
            x = x + mixer["scale"] * (self.pool(y) - y)
            return x + mlp["scale"] * self.mlp[1](self.mlp[0](mlp["norm"](x)))

        def get_config(self):
            return {**super().get_config(), "ratio": self.ratio}

    return [Block]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (Block,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", name="stem")(x)
    x = Block(hp.Int("ratio", 1, 4, default=2), name="stage1_block")(x)
    x = layers.Conv2D(32, 3, 2, padding="same", name="stage2_embed")(x)
    return Block(2, name="stage2_block")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="poolformer",
            backbone=backbone,
            summary="a MetaFormer whose mixer is pooling",
            reference="Yu et al. 2022, MetaFormer is actually what you need for vision",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "stage1", "stage2"),
            custom_layers=custom_layers,
        )
    ]
