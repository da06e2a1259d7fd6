"""EfficientNetV2: fused and inverted bottlenecks, scaled together in depth, width and image size.

Tan & Le 2021, "EfficientNetV2: smaller models and faster training". The networks scale their pixels themselves.
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import build

NETWORKS = {
    "b0": "EfficientNetV2B0",  # made for 224 pixels a side
    "b1": "EfficientNetV2B1",  # 240
    "b2": "EfficientNetV2B2",  # 260
    "b3": "EfficientNetV2B3",  # 300
    "s": "EfficientNetV2S",  # 384
}


def backbone(hp, inputs, *, weights=None):
    """From `b0`, the smallest, to `s`."""
    network = NETWORKS[hp.Choice("variant", list(NETWORKS), default="b0")]
    return build(network, inputs, weights).output


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="efficientnet-v2",
            backbone=backbone,
            summary="fused and inverted bottlenecks, scaled together: b0 to b3, s",
            reference="Tan & Le 2021, EfficientNetV2: smaller models and faster training",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            freeze_points=("stem", *(f"block{number}" for number in range(1, 7)), "top"),
        )
    ]
