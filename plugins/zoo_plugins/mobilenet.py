"""MobileNet: a depthwise and a pointwise convolution in place of each full one, for phones.

Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision applications".
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import build, scaled


def backbone(hp, inputs, *, weights=None):
    """`alpha` is the paper's width multiplier of the number of filters."""
    alpha = hp.Choice("alpha", [0.25, 0.5, 0.75, 1.0], default=1.0)
    return build("MobileNet", scaled(inputs, "tf"), weights, alpha=alpha).output


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="mobilenet",
            backbone=backbone,
            summary="depthwise separable convolutions, small and quick",
            reference="Howard et al. 2017, MobileNets",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            freeze_points=("conv1", *(f"conv_pw_{number}" for number in range(1, 14))),
        )
    ]
