"""MobileViT: a transformer among the pixels at the same place of all patches; unfolded by keras.ops, not by layers."""

from zoo import Architecture, Sizes, hookimpl


def inverted_residual(x, filters, stride, name):
    from keras import layers

    y = layers.Conv2D(2 * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")(x)
    y = layers.Activation("swish", name=f"{name}_swish1")(layers.BatchNormalization(name=f"{name}_bn1")(y))
    y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.Activation("swish", name=f"{name}_swish2")(layers.BatchNormalization(name=f"{name}_bn2")(y))
    y = layers.BatchNormalization(name=f"{name}_bn3")(
        layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
    )
    return x + y if stride == 1 and filters == x.shape[-1] else y


def transformer(x, name):
    from keras import layers

    width = x.shape[-1]
    y = layers.LayerNormalization(name=f"{name}_norm1")(x)
    x = x + layers.MultiHeadAttention(2, width // 2, name=f"{name}_attention")(y, y)
    y = layers.LayerNormalization(name=f"{name}_norm2")(x)
    y = layers.Dense(2 * width, activation="swish", name=f"{name}_wide")(y)
    return x + layers.Dense(width, name=f"{name}_narrow")(y)


def mobile_vit_block(x, width, name, patch=2):
    from keras import layers, ops

    _, rows, columns, channels = x.shape
    y = layers.Conv2D(channels, 3, padding="same", activation="swish", name=f"{name}_local")(x)
    y = layers.Conv2D(width, 1, name=f"{name}_in")(y)
    y = ops.reshape(y, (-1, rows // patch, patch, columns // patch, patch, width))
    y = ops.transpose(y, (0, 2, 4, 1, 3, 5))
    y = ops.reshape(y, (-1, patch * patch, rows // patch * (columns // patch), width))
    y = transformer(y, f"{name}_transformer")
    y = ops.reshape(y, (-1, patch, patch, rows // patch, columns // patch, width))
    y = ops.reshape(ops.transpose(y, (0, 3, 1, 4, 2, 5)), (-1, rows, columns, width))
    y = layers.Conv2D(channels, 1, activation="swish", name=f"{name}_out")(y)
    y = ops.concatenate([x, y], axis=-1)
    return layers.Conv2D(channels, 3, padding="same", activation="swish", name=f"{name}_fuse")(y)


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(8, 3, 2, padding="same", activation="swish", name="stem_conv")(x)
    x = inverted_residual(x, 12, 1, "stage1_block1")
    x = inverted_residual(x, 16, 2, "stage2_block1")
    x = mobile_vit_block(x, hp.Choice("width", [16, 24], default=16), "stage2_vit")
    return inverted_residual(x, 24, 1, "stage3_block1")


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="mobile-vit",
            backbone=backbone,
            summary="inverted residuals, and transformers over patches",
            reference="Mehta & Rastegari 2022, MobileViT",
            sizes=Sizes(step=8),
            default_size=16,
            freeze_points=("stem", "stage1", "stage2", "stage3"),
        )
    ]
