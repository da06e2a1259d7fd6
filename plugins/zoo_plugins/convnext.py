"""ConvNeXt: a convolutional network with the choices of a vision transformer.

Liu et al. 2022, "A ConvNet for the 2020s". The network scales its pixels itself.
"""

from zoo import Architecture, flatten, hookimpl
from zoo_plugins.applications import build

PREFIX = "convnext_tiny_"


def backbone(hp, inputs, *, weights=None):
    """Keras's network contains a nested network for each downsampling, which is flattened here."""
    nested = build("ConvNeXtTiny", inputs, weights, name="convnext_tiny")
    return flatten(nested, inputs, rename=lambda path: path.rpartition("/")[2].removeprefix(PREFIX))


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="convnext-tiny",
            backbone=backbone,
            summary="convolutional network with a vision transformer's choices",
            reference="Liu et al. 2022, A ConvNet for the 2020s",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            freeze_points=("stem", "stage_0", "stage_1", "stage_2", "stage_3"),
        )
    ]
