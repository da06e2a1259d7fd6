"""Xception: Inception taken to the extreme, depthwise separable convolutions with shortcuts around them.

Chollet 2016, "Xception: deep learning with depthwise separable convolutions".
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import application


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="xception",
            backbone=application("Xception", "tf"),
            summary="depthwise separable convolutions with shortcuts",
            reference="Chollet 2016, Xception: deep learning with depthwise separable convolutions",
            min_size=71,
            default_size=299,
            channels=3,
            weights=("imagenet",),
            freeze_points=tuple(f"block{number}" for number in range(1, 15)),
        )
    ]
