"""The residual networks of Keras Applications: 50, 101 and 152 layers, and their second version.

He et al. 2015, "Deep residual learning for image recognition"; the second version is He et al. 2016, "Identity
mappings in deep residual networks", with normalisation and ReLU before each convolution.
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import application

STAGES = ("conv1", "conv2", "conv3", "conv4", "conv5")


def resnet(depth):
    return Architecture(
        name=f"resnet{depth}",
        backbone=application(f"ResNet{depth}", "caffe"),
        summary=f"residual network of {depth} layers",
        reference="He et al. 2015, Deep residual learning for image recognition",
        default_size=224,
        channels=3,
        weights=("imagenet",),
        freeze_points=STAGES,
    )


def resnet_v2(depth):
    return Architecture(
        name=f"resnet{depth}-v2",
        backbone=application(f"ResNet{depth}V2", "tf"),
        summary=f"residual network of {depth} layers, normalised before each convolution",
        reference="He et al. 2016, Identity mappings in deep residual networks",
        default_size=224,
        channels=3,
        weights=("imagenet",),
        freeze_points=STAGES,
    )


@hookimpl
def zoo_architectures():
    return [make(depth) for make in (resnet, resnet_v2) for depth in (50, 101, 152)]
