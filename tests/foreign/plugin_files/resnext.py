"""ResNeXt: residual blocks with grouped convolutions."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    groups = hp.Choice("cardinality", [2, 4, 8], default=4)

    def conv_bn(x, filters, kernel, name, **arguments):
        x = layers.Conv2D(filters, kernel, padding="same", use_bias=False, name=name, **arguments)(x)
        return layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)

    x = layers.Rescaling(1 / 127.5, -1, name="conv1_scale")(inputs)
    x = layers.ReLU(name="conv1_relu")(conv_bn(x, 16, 3, "conv1"))
    for stage, filters in ((2, 16), (3, 32)):
        shortcut = conv_bn(x, filters, 1, f"conv{stage}_shortcut", strides=stage - 1)
        y = layers.ReLU(name=f"conv{stage}_relu1")(conv_bn(x, filters, 1, f"conv{stage}_1"))
        y = conv_bn(y, filters, 3, f"conv{stage}_2", groups=groups, strides=stage - 1)
        y = conv_bn(layers.ReLU(name=f"conv{stage}_relu2")(y), filters, 1, f"conv{stage}_3")
        x = layers.ReLU(name=f"conv{stage}_relu3")(layers.Add(name=f"conv{stage}_add")([shortcut, y]))
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="resnext",
            backbone=backbone,
            summary="residual blocks with grouped convolutions",
            reference="Xie et al. 2017, Aggregated residual transformations for deep neural networks",
            min_size=8,
            default_size=16,
            freeze_points=("conv1", "conv2", "conv3"),
        )
    ]
