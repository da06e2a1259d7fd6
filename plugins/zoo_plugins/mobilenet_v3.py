"""MobileNetV3: found by architecture search for phones, with squeeze-and-excitation and hard swish.

Howard et al. 2019, "Searching for MobileNetV3". The network scales its pixels itself.
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import build

NETWORKS = {"small": "MobileNetV3Small", "large": "MobileNetV3Large"}


def backbone(hp, inputs, *, weights=None):
    """The small or the large network; `alpha` multiplies the number of filters."""
    network = NETWORKS[hp.Choice("variant", list(NETWORKS), default="small")]
    alpha = hp.Choice("alpha", [0.75, 1.0], default=1.0)
    return build(network, inputs, weights, alpha=alpha).output


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="mobilenet-v3",
            backbone=backbone,
            summary="searched for phones, with squeeze-and-excitation; small or large",
            reference="Howard et al. 2019, Searching for MobileNetV3",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            # The first block's layers have no number; the small network has 10 more, the large one 14.
            freeze_points=tuple(f"expanded_conv_{number}" for number in range(1, 15)),
        )
    ]
