"""Switch layers: each token goes to one expert, and a loss that the layer adds keeps the experts equally busy."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="sparse_experts")
    class Switch(layers.Layer):
        def __init__(self, experts, hidden, balance=0.01, **kwargs):
            super().__init__(**kwargs)
            self.experts, self.hidden, self.balance = experts, hidden, balance
            self.router = layers.Dense(experts, activation="softmax")
            self.mlps = []

        def build(self, input_shape):
            width = input_shape[-1]
            self.router.build(input_shape)
            for _ in range(self.experts):
                mlp = [layers.Dense(self.hidden, "relu"), layers.Dense(width)]
                mlp[0].build(input_shape)
                mlp[1].build((*input_shape[:-1], self.hidden))
                self.mlps.append(mlp)

        def call(self, x):
            shares = self.router(x)
            chosen = ops.one_hot(ops.argmax(shares, axis=-1), self.experts, dtype=x.dtype)
            busy = ops.mean(chosen, axis=(0, 1)) * ops.mean(shares, axis=(0, 1))
            self.add_loss(self.balance * self.experts * ops.sum(busy))
            outputs = ops.stack([after(before(x)) for before, after in self.mlps], axis=-1)
            return x + ops.sum(outputs * (chosen * shares)[:, :, None], axis=-1)

        def get_config(self):
            own = {"experts": self.experts, "hidden": self.hidden, "balance": self.balance}
            return {**super().get_config(), **own}

    return [Switch]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (Switch,) = custom_layers()
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(24, 4, 4, kernel_regularizer="l2", name="stem_patches")(x)
    x = layers.Reshape((-1, 24), name="stem_tokens")(x)
    for number in (1, 2):
        y = layers.LayerNormalization(name=f"layer{number}_norm")(x)
        x = x + layers.MultiHeadAttention(2, 12, name=f"layer{number}_attention")(y, y)
        x = Switch(hp.Int("experts", 2, 4, default=2), 32, name=f"layer{number}_switch")(x)
    return layers.GlobalAveragePooling1D(name="pool")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="sparse-experts",
            backbone=backbone,
            summary="transformer whose MLPs are experts",
            reference="Fedus et al. 2022, Switch transformers",
            min_size=16,
            default_size=16,
            freeze_points=("stem", "layer1", "layer2"),
            custom_layers=custom_layers,
        )
    ]
