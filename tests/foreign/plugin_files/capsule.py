"""Capsules with dynamic routing: a loop in `call` over weights that `build` creates."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    def squash(vectors):
        squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
        return vectors * squared / (1 + squared) / ops.sqrt(squared + 1e-7)

    @keras.saving.register_keras_serializable(package="capsule")
    class PrimaryCapsules(layers.Layer):
        def __init__(self, dim=4, **kwargs):
            super().__init__(**kwargs)
            self.dim = dim

        def call(self, maps):
            _, height, width, channels = maps.shape
            return squash(ops.reshape(maps, (-1, height * width * channels // self.dim, self.dim)))

        def get_config(self):
            return {**super().get_config(), "dim": self.dim}

    @keras.saving.register_keras_serializable(package="capsule")
    class RoutedCapsules(layers.Layer):
        def __init__(self, count, dim, routings=3, **kwargs):
            super().__init__(**kwargs)
            self.count, self.dim, self.routings = count, dim, routings

        def build(self, input_shape):
            _, capsules, width = input_shape
            self.transform = self.add_weight(
                shape=(capsules, self.count, width, self.dim), initializer="glorot_uniform", name="transform"
            )

        def call(self, capsules):
            votes = ops.einsum("bid,ijde->bije", capsules, self.transform)
            logits = ops.zeros_like(votes[..., :1])
            for _ in range(self.routings):
                outputs = squash(ops.sum(ops.softmax(logits, axis=2) * votes, axis=1, keepdims=True))
                logits = logits + ops.sum(votes * outputs, axis=-1, keepdims=True)
            return outputs[:, 0]

        def compute_output_shape(self, input_shape):
            return input_shape[0], self.count, self.dim

        def get_config(self):
            own = {"count": self.count, "dim": self.dim, "routings": self.routings}
            return {**super().get_config(), **own}

    return [PrimaryCapsules, RoutedCapsules]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    PrimaryCapsules, RoutedCapsules = custom_layers()
    x = layers.Rescaling(1 / 255, name="conv_scale")(inputs)
    x = layers.Conv2D(16, 5, 2, activation="relu", name="conv")(x)
    x = layers.Conv2D(16, 3, 2, name="primary_conv")(x)
    x = PrimaryCapsules(4, name="primary")(x)
    x = RoutedCapsules(10, 8, hp.Int("routings", 1, 3, default=2), name="routed")(x)
    return layers.Flatten(name="vector")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="capsule",
            backbone=backbone,
            summary="capsules with dynamic routing",
            reference="Sabour et al. 2017, Dynamic routing between capsules",
            min_size=12,
            default_size=16,
            freeze_points=("conv", "primary", "routed"),
            custom_layers=custom_layers,
        )
    ]
