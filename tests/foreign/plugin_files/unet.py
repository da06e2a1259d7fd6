"""A U-Net as a backbone: an encoder, a decoder, and shortcuts between the two at each resolution."""

from zoo import Architecture, hookimpl


def double_conv(x, filters, name):
    from keras import layers

    for number in (1, 2):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv{number}")(x)
    return x


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    filters, depth = hp.Choice("filters", [8, 16], default=8), 2
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    shortcuts = []
    for level in range(1, depth + 1):
        x = double_conv(x, filters * level, f"down{level}")
        shortcuts.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(x)
    x = double_conv(x, filters * (depth + 1), "bottom")
    for level in range(depth, 0, -1):
        x = layers.Conv2DTranspose(filters * level, 2, 2, name=f"up{level}_transpose")(x)
        x = layers.Concatenate(name=f"up{level}_concatenate")([x, shortcuts.pop()])
        x = double_conv(x, filters * level, f"up{level}")
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="unet",
            backbone=backbone,
            summary="encoder and decoder with shortcuts",
            reference="Ronneberger et al. 2015, U-Net",
            min_size=8,
            default_size=16,
            freeze_points=("down1", "down2", "bottom", "up2", "up1"),
        )
    ]
