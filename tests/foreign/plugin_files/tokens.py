"""A pyramid of tokens that returns them all: (batch, tokens, width), without word of how they are pooled."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(16, 4, 4, name="stem_patches")(x)
    x = layers.Reshape((-1, 16), name="stem_tokens")(x)
    return x + layers.MultiHeadAttention(2, 8, name="attention")(layers.LayerNormalization(name="norm")(x), x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="tokens",
            backbone=backbone,
            summary="a transformer that returns all tokens",
            reference="Wang et al. 2021, Pyramid vision transformer",
            min_size=16,
            default_size=16,
            freeze_points=("stem", "attention"),
        )
    ]
