"""DenseNet-BC: each layer reads the outputs of all before it, through a bottleneck."""

from zoo import Architecture, hookimpl


def dense_layer(x, growth, name):
    from keras.layers import BatchNormalization, Concatenate, Conv2D, ReLU

    y = ReLU(name=f"{name}_relu1")(BatchNormalization(name=f"{name}_bn1")(x))
    y = Conv2D(4 * growth, 1, use_bias=False, name=f"{name}_bottleneck")(y)
    y = ReLU(name=f"{name}_relu2")(BatchNormalization(name=f"{name}_bn2")(y))
    y = Conv2D(growth, 3, padding="same", use_bias=False, name=f"{name}_conv")(y)
    return Concatenate(name=f"{name}_concatenate")([x, y])


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    growth, compression = hp.Int("growth", 4, 12, step=4, default=8), hp.Fixed("compression", 0.5)
    x = layers.Rescaling(1 / 255, name="stem_scale")(inputs)
    x = layers.Conv2D(2 * growth, 3, padding="same", use_bias=False, name="stem")(x)
    for block in (1, 2):
        for layer in (1, 2):
            x = dense_layer(x, growth, f"dense{block}_layer{layer}")
        if block == 1:
            x = layers.BatchNormalization(name="transition1_bn")(x)
            x = layers.Conv2D(int(compression * x.shape[-1]), 1, name="transition1_conv")(layers.ReLU()(x))
            x = layers.AveragePooling2D(2, name="transition1_pool")(x)
    return layers.ReLU(name="last_relu")(layers.BatchNormalization(name="last_bn")(x))


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="densenet-bc",
            backbone=backbone,
            summary="dense blocks with bottlenecks and compression",
            reference="Huang et al. 2017, Densely connected convolutional networks",
            min_size=8,
            default_size=16,
            freeze_points=("stem", "dense1", "transition1", "dense2"),
        )
    ]
