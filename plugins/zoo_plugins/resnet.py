"""Residual networks for small images, built from scratch.

He et al. 2015, "Deep residual learning for image recognition", section 4.2: a 3×3 convolution, three stages of
n basic blocks each with `width`, 2·`width` and 4·`width` filters, the image halved between stages; 6n+2 layers
with weights. Shortcut option A pads new channels with zeros, option B projects with a 1×1 convolution; where the
shape does not change, the shortcut is the identity. `preactivation` puts normalisation and ReLU before each
convolution: He et al. 2016, "Identity mappings in deep residual networks".
"""

from zoo import Architecture, hookimpl
from zoo_plugins.residual_blocks import basic_block, convolution, normalised, preactivated_block


def backbone(hp, inputs, *, weights=None):
    """A stem and three stages of basic blocks; `depth` is the paper's 6n+2."""
    from keras import layers

    depth = hp.Choice("depth", [8, 14, 20, 32, 56], default=20)
    width = hp.Int("width", 8, 64, step=8, default=16)
    shortcut = hp.Choice("shortcut", ["A", "B"], default="A")
    preactivation = hp.Boolean("preactivation", default=False)
    block = preactivated_block if preactivation else basic_block
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(inputs)
    x = convolution(x, width, "stem")
    if not preactivation:
        x = normalised(x, "stem")
    for stage in range(3):
        for number in range((depth - 2) // 6):
            stride = 2 if stage > 0 and number == 0 else 1
            x = block(x, width * 2**stage, stride, shortcut, f"stage{stage + 1}_block{number + 1}")
    return normalised(x, "stage3_end") if preactivation else x


def paper(depth):
    """Return the recipe of section 4.2: SGD, learning rate 0.1, divided by 10 at half and three quarters."""
    return {
        "depth": depth,
        "width": 16,
        "shortcut": "A",
        "preactivation": False,
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
