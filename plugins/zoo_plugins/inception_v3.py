"""InceptionV3: blocks of parallel convolutions, factorised.

Szegedy et al. 2015, "Rethinking the Inception architecture for computer vision".
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import application


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="inception-v3",
            backbone=application("InceptionV3", "tf"),
            summary="blocks of parallel, factorised convolutions",
            reference="Szegedy et al. 2015, Rethinking the Inception architecture for computer vision",
            min_size=75,
            default_size=299,
            channels=3,
            weights=("imagenet",),
            freeze_points=tuple(f"mixed{number}" for number in range(11)),
        )
    ]
