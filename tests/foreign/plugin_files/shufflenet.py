"""ShuffleNet: grouped pointwise convolutions, between which Reshape and Permute shuffle the channels."""

from zoo import Architecture, hookimpl

GROUPS = 2


def shuffled(x, name):
    from keras import layers

    _, height, width, channels = x.shape
    x = layers.Reshape((height, width, GROUPS, channels // GROUPS), name=f"{name}_ungroup")(x)
    x = layers.Permute((1, 2, 4, 3), name=f"{name}_permute")(x)
    return layers.Reshape((height, width, channels), name=f"{name}_group")(x)


def unit(x, filters, stride, name):
    from keras import layers

    if stride == 2:
        filters -= x.shape[-1]
    y = layers.Conv2D(filters // 4, 1, groups=GROUPS, use_bias=False, name=f"{name}_reduce")(x)
    y = layers.ReLU(name=f"{name}_relu1")(layers.BatchNormalization(name=f"{name}_bn1")(y))
    y = shuffled(y, f"{name}_shuffle")
    y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.BatchNormalization(name=f"{name}_bn2")(y)
    y = layers.Conv2D(filters, 1, groups=GROUPS, use_bias=False, name=f"{name}_expand")(y)
    y = layers.BatchNormalization(name=f"{name}_bn3")(y)
    if stride == 1:
        return layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([x, y]))
    x = layers.AveragePooling2D(3, 2, padding="same", name=f"{name}_pool")(x)
    return layers.ReLU(name=f"{name}_relu2")(layers.Concatenate(name=f"{name}_concatenate")([x, y]))


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Rescaling(1 / 255, name="conv1_scale")(inputs)
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1")(x)
    x = unit(x, 32, 2, "stage2_unit1")
    for number in range(2, 2 + hp.Int("units", 1, 2, default=1)):
        x = unit(x, 32, 1, f"stage2_unit{number}")
    return unit(x, 64, 2, "stage3_unit1")


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="shufflenet",
            backbone=backbone,
            summary="grouped convolutions with shuffled channels",
            reference="Zhang et al. 2018, ShuffleNet",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "stage2", "stage3"),
        )
    ]
