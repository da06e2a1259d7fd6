"""A highway network: each layer carries a share of its input on, and that share is learnt. Weights of equal names."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="highway")
    class Highway(keras.layers.Layer):
        """Its weights are lists of a kernel and a bias; neither has a name of its own."""

        def __init__(self, carry=-1.0, **kwargs):
            super().__init__(**kwargs)
            self.carry = carry

        def build(self, input_shape):
            width = input_shape[-1]

            def affine(start):
                bias = keras.initializers.Constant(start)
                return [
                    self.add_weight(shape=(width, width), name="w"),
                    self.add_weight(shape=(width,), initializer=bias, name="w"),
                ]

            self.transform, self.gate = affine(0.0), affine(self.carry)

        def call(self, x):
            new = ops.relu(ops.matmul(x, self.transform[0]) + self.transform[1])
            share = ops.sigmoid(ops.matmul(x, self.gate[0]) + self.gate[1])
            return share * new + (1 - share) * x

        def get_config(self):
            return {**super().get_config(), "carry": self.carry}

    return [Highway]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (Highway,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="input_scale")(inputs)
    x = layers.Flatten(name="input_vector")(x)
    x = layers.Dense(48, activation="relu", name="input_dense")(x)
    for number in range(1, hp.Int("depth", 2, 6, default=3) + 1):
        x = Highway(name=f"highway{number}")(x)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="highway",
            backbone=backbone,
            summary="fully connected layers with gated shortcuts",
            reference="Srivastava et al. 2015, Highway networks",
            min_size=8,
            default_size=16,
            freeze_points=("input", *(f"highway{number}" for number in range(1, 4))),
            custom_layers=custom_layers,
        )
    ]
