"""VGG: stacks of 3×3 convolutions, 16 or 19 layers with weights.

Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition".
"""

from zoo import Architecture, ZooError, hookimpl, load_weights
from zoo_plugins.applications import build, scaled

SIZE = 224


def vgg(depth):
    network = f"VGG{depth}"

    def backbone(hp, inputs, *, weights=None):
        """The convolutions, with or without the network's two dense layers of 4096 units."""
        pixels = scaled(inputs, "caffe")
        if not hp.Fixed("fully_connected", value=False):
            return build(network, pixels, weights).output
        from_keras = weights if weights == "imagenet" else None
        if from_keras and inputs.shape[1:3] != (SIZE, SIZE):
            raise ZooError(
                f"the ImageNet weights of {network}'s dense layers are for images of {SIZE}×{SIZE}, not "
                f"{inputs.shape[1]}×{inputs.shape[2]}: use that size, or set fully_connected=False"
            )
        features = build(network, pixels, from_keras, include_top=True).get_layer("fc2").output
        if weights != from_keras:
            load_weights(features, weights)
        return features

    return Architecture(
        name=f"vgg{depth}",
        backbone=backbone,
        summary=f"stacks of 3×3 convolutions, {depth} layers with weights",
        reference="Simonyan & Zisserman 2014, Very deep convolutional networks for large-scale image recognition",
        default_size=SIZE,
        channels=3,
        weights=("imagenet",),
        # Only the last layer is replaced, by zoo's head; all layers before it keep their pre-trained weights.
        presets={
            "replace-last": {
                "fully_connected": True,
                "head_units": "0",
                "dropout": 0.0,
                "optimizer": "adam",
                "learning_rate": 1e-4,
                "freeze": "all",
            }
        },
        freeze_points=("block1", "block2", "block3", "block4", "block5", "fc1", "fc2"),
    )


@hookimpl
def zoo_architectures():
    return [vgg(16), vgg(19)]
