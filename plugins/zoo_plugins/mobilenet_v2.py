"""MobileNetV2: inverted residuals with linear bottlenecks.

Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks". The preset `fingers-transfer`
counts fingers on photographs of 224×224, with ImageNet weights and the backbone frozen.
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import build, scaled


def backbone(hp, inputs, *, weights=None):
    """`alpha` is the paper's width multiplier of the number of filters."""
    alpha = hp.Choice("alpha", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4], default=1.0)
    return build("MobileNetV2", scaled(inputs, "tf"), weights, alpha=alpha).output


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="mobilenet-v2",
            backbone=backbone,
            summary="inverted residuals with linear bottlenecks, small and quick",
            reference="Sandler et al. 2018, MobileNetV2: inverted residuals and linear bottlenecks",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            presets={
                "fingers-transfer": {
                    "alpha": 0.35,
                    "pooling": "avg",
                    "head_units": "100",
                    "dropout": 0.5,
                    "freeze": "all",
                }
            },
            freeze_points=(
                "expanded_conv",
                *(f"block_{number}" for number in range(1, 17)),
                "Conv_1",
            ),
        )
    ]
