"""The basic blocks of residual networks: He et al. 2015 (1512.03385) and, preactivated, He et al. 2016 (1603.05027)."""


def basic_block(x, filters, stride, shortcut, name):
    """Two 3×3 convolutions and a shortcut, added before the last ReLU."""
    from keras import layers

    residual = normalised(convolution(x, filters, f"{name}_1", stride=stride), f"{name}_1")
    residual = normalised(convolution(residual, filters, f"{name}_2"), f"{name}_2", relu=False)
    if stride > 1 and shortcut == "B":
        x = projected(x, filters, stride, f"{name}_shortcut")
        x = normalised(x, f"{name}_shortcut", relu=False)
    elif stride > 1:
        x = padded(x, filters, stride, f"{name}_shortcut")
    x = layers.Add(name=f"{name}_add")([x, residual])
    return layers.ReLU(name=f"{name}_relu")(x)


def preactivated_block(x, filters, stride, shortcut, name):
    """A basic block whose shortcut passes only the addition; a projection takes the normalised input."""
    from keras import layers

    before = normalised(x, f"{name}_1")
    residual = convolution(before, filters, f"{name}_1", stride=stride)
    residual = convolution(normalised(residual, f"{name}_2"), filters, f"{name}_2")
    if stride > 1 and shortcut == "B":
        x = projected(before, filters, stride, f"{name}_shortcut")
    elif stride > 1:
        x = padded(x, filters, stride, f"{name}_shortcut")
    return layers.Add(name=f"{name}_add")([x, residual])


def convolution(x, filters, name, *, size=3, stride=1):
    """Convolution without bias; weights drawn as in He et al. 2015 (1502.01852)."""
    from keras import layers

    return layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)


def normalised(x, name, *, relu=True):
    """Batch normalisation, and ReLU by default."""
    from keras import layers

    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def projected(x, filters, stride, name):
    """A 1×1 convolution of every `stride`-th pixel.

    It does not use strides: for 8 channels and a batch of 9, the CPU kernels of TensorFlow 2.18 and 2.21 then write
    out of bounds, and the process crashes.
    """
    return convolution(every(x, stride, name), filters, name, size=1)


def every(x, stride, name):
    """Every `stride`-th pixel."""
    from keras import layers

    return layers.AveragePooling2D(1, strides=stride, padding="same", name=f"{name}_stride")(x)


def padded(x, filters, stride, name):
    """Every `stride`-th pixel, with zeros for the new channels, half on each side of those of x.

    ZeroPadding2D pads the second axis, so channels are moved there.
    """
    from keras import layers

    missing = filters - x.shape[-1]
    x = every(x, stride, name)
    x = layers.Permute((1, 3, 2), name=f"{name}_pad_out")(x)
    x = layers.ZeroPadding2D(((0, 0), (missing // 2, missing - missing // 2)), name=f"{name}_pad")(x)
    return layers.Permute((1, 3, 2), name=f"{name}_pad_back")(x)
