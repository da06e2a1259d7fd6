"""DenseNet: each layer sees the outputs of all layers before it in its block.

Huang et al. 2016, "Densely connected convolutional networks".
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import application


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="densenet121",
            backbone=application("DenseNet121", "torch"),
            summary="densely connected network of 121 layers",
            reference="Huang et al. 2016, Densely connected convolutional networks",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            freeze_points=("conv1", "conv2", "pool2", "conv3", "pool3", "conv4", "pool4", "conv5"),
        )
    ]
