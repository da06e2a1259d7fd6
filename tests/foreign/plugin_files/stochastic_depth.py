"""A residual network whose branches are dropped at random in training, by a layer with a seed generator."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="stochastic_depth")
    class DropPath(layers.Layer):
        def __init__(self, rate, seed=None, **kwargs):
            super().__init__(**kwargs)
            self.rate, self.seed = rate, seed
            self.generator = keras.random.SeedGenerator(seed)

        def call(self, x, training=False):
            if not training or not self.rate:
                return x
            shape = (ops.shape(x)[0],) + (1,) * (len(x.shape) - 1)
            kept = keras.random.uniform(shape, seed=self.generator) >= self.rate
            return x * ops.cast(kept, x.dtype) / (1 - self.rate)

        def compute_output_shape(self, input_shape):
            return input_shape

        def get_config(self):
            return {**super().get_config(), "rate": self.rate, "seed": self.seed}

    return [DropPath]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (DropPath,) = custom_layers()
    blocks, last = 2, hp.Float("drop", 0.0, 0.6, step=0.1, default=0.5)
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", name="stem")(x)
    for number in range(1, blocks + 1):
        y = layers.BatchNormalization(name=f"block{number}_bn1")(x)
        y = layers.Conv2D(16, 3, padding="same", name=f"block{number}_conv1")(layers.ReLU()(y))
        y = layers.BatchNormalization(name=f"block{number}_bn2")(y)
        y = layers.Conv2D(16, 3, padding="same", name=f"block{number}_conv2")(layers.ReLU()(y))
        y = DropPath(last * number / blocks, name=f"block{number}_drop")(y)
        x = layers.Add(name=f"block{number}_add")([x, y])
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="stochastic-depth",
            backbone=backbone,
            summary="residual blocks that training skips at random",
            reference="Huang et al. 2016, Deep networks with stochastic depth",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "block1", "block2"),
            custom_layers=custom_layers,
        )
    ]
