"""Residual networks for small images, built from scratch.

He et al. 2015, "Deep residual learning for image recognition", section 4.2: a 3×3 convolution, three stages of
n basic blocks each with `width`, 2·`width` and 4·`width` filters, the image halved between stages; 6n+2 layers
with weights. Shortcut option A pads new channels with zeros, option B projects with a 1×1 convolution.
"""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    """A stem and three stages of basic blocks; `depth` is the paper's 6n+2."""
    from keras import layers

    depth = hp.Choice("depth", [8, 14, 20, 32, 56], default=20)
    width = hp.Int("width", 8, 64, step=8, default=16)
    shortcut = hp.Choice("shortcut", ["A", "B"], default="A")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(inputs)
    x = convolution(x, width, "stem")
    x = layers.ReLU(name="stem_relu")(x)
    for stage in range(3):
        for block in range((depth - 2) // 6):
            stride = 2 if stage > 0 and block == 0 else 1
            x = basic_block(x, width * 2**stage, stride, shortcut, f"stage{stage + 1}_block{block + 1}")
    return x


def convolution(x, filters, name, *, size=3, stride=1):
    """Convolution without bias, then batch normalisation; weights drawn as in He et al. 2015 (1502.01852)."""
    from keras import layers

    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)


def basic_block(x, filters, stride, shortcut, name):
    """Two 3×3 convolutions and a way around them, added before the last ReLU."""
    from keras import layers

    residual = convolution(x, filters, f"{name}_1", stride=stride)
    residual = layers.ReLU(name=f"{name}_1_relu")(residual)
    residual = convolution(residual, filters, f"{name}_2")
    if stride > 1 and shortcut == "B":
        x = convolution(x, filters, f"{name}_shortcut", size=1, stride=stride)
    elif stride > 1:
        x = layers.AveragePooling2D(1, strides=stride, padding="same", name=f"{name}_shortcut_stride")(x)
        x = pad_channels(x, filters - x.shape[-1], f"{name}_shortcut_pad")
    x = layers.Add(name=f"{name}_add")([x, residual])
    return layers.ReLU(name=f"{name}_relu")(x)


def pad_channels(x, missing, name):
    """Zero channels on both sides of those of x: ZeroPadding2D pads the second axis, so channels move there."""
    from keras import layers

    x = layers.Permute((1, 3, 2), name=f"{name}_out")(x)
    x = layers.ZeroPadding2D(((0, 0), (missing // 2, missing - missing // 2)), name=name)(x)
    return layers.Permute((1, 3, 2), name=f"{name}_back")(x)


def paper(depth):
    """How section 4.2 trains: SGD, learning rate 0.1 divided by 10 at half and three quarters, batches of 128."""
    return {
        "depth": depth,
        "width": 16,
        "shortcut": "A",
        "pooling": "avg",
        "head_units": "0",
        "dropout": 0.0,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "step",
        "weight_decay": 1e-4,
        "batch_size": 128,
        "augmentation": "light",
    }


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="resnet",
            backbone=backbone,
            summary="residual network for small images, from scratch",
            reference="He et al. 2015, Deep residual learning for image recognition, section 4.2",
            min_size=16,
            default_size=32,
            freeze_points=("stem", "stage1", "stage2", "stage3"),
            presets={f"resnet{depth}": paper(depth) for depth in (20, 32, 56)},
        )
    ]
