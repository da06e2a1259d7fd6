"""ConvMixer: large depthwise convolutions and pointwise ones; no layer of its own, and few names."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    width, kernel = hp.Choice("width", [16, 32, 64], default=32), hp.Int("kernel", 3, 9, step=2, default=5)

    def activated(x, name):
        return layers.BatchNormalization(name=name)(layers.Activation("gelu")(x))

    x = layers.Rescaling(1 / 255)(inputs)
    x = activated(layers.Conv2D(width, 2, strides=2, name="stem_patches")(x), "stem_bn")
    for depth in (1, 2):
        y = layers.DepthwiseConv2D(kernel, padding="same", name=f"mixer{depth}_depthwise")(x)
        x = layers.add([x, activated(y, f"mixer{depth}_bn1")])
        x = activated(layers.Conv2D(width, 1, name=f"mixer{depth}_pointwise")(x), f"mixer{depth}_bn2")
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="conv-mixer",
            backbone=backbone,
            summary="patches mixed by depthwise and pointwise convolutions",
            reference="Trockman & Kolter 2022, Patches are all you need?",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "mixer1", "mixer2"),
        )
    ]
