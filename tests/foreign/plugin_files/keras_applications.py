"""The networks of Keras Applications that zoo does not ship, but for the largest, each in a line of a table."""

from functools import partial

from zoo import Architecture, Sizes, flatten, hookimpl

EFFICIENTNET = "Tan & Le 2019, EfficientNet: rethinking model scaling for convolutional neural networks"
EFFICIENTNET_V2 = "Tan & Le 2021, EfficientNetV2: smaller models and faster training"
CONVNEXT = "Liu et al. 2022, A ConvNet for the 2020s"
DENSENET = "Huang et al. 2017, Densely connected convolutional networks"
NASNET = "Zoph et al. 2018, Learning transferable architectures for scalable image recognition"
INCEPTION_RESNET = (
    "Szegedy et al. 2017, Inception-v4, Inception-ResNet and the impact of residual connections"
)

BLOCKS = tuple(f"block{number}" for number in range(1, 8))
STAGES = ("stage_0", "stage_1", "stage_2", "stage_3")

# name -> Keras's network, its paper, the smallest image, stages
NETWORKS = {
    "convnext-small": ("ConvNeXtSmall", CONVNEXT, 32, STAGES),
    "convnext-base": ("ConvNeXtBase", CONVNEXT, 32, STAGES),
    "densenet169": ("DenseNet169", DENSENET, 32, ("conv1", "conv2", "conv3", "conv4", "conv5")),
    "densenet201": ("DenseNet201", DENSENET, 32, ("conv1", "conv2", "conv3", "conv4", "conv5")),
    **{f"efficientnet-b{n}": (f"EfficientNetB{n}", EFFICIENTNET, 32, BLOCKS) for n in range(5)},
    "efficientnet-v2-m": ("EfficientNetV2M", EFFICIENTNET_V2, 32, BLOCKS),
    "inception-resnet-v2": ("InceptionResNetV2", INCEPTION_RESNET, 75, ("block35", "block17", "block8")),
    "nasnet-mobile": ("NASNetMobile", NASNET, 32, ()),
    "nasnet-large": ("NASNetLarge", NASNET, 32, ()),
}


def backbone(network, hp, inputs, *, weights=None):
    """Return the features of the last layer, or of the one that the option names."""
    import keras

    make, last_layer = getattr(keras.applications, network), hp.Fixed("last_layer", "")
    is_nested = network.startswith("ConvNeXt")  # networks inside the network
    images = {"input_shape": inputs.shape[1:]} if is_nested else {"input_tensor": inputs}
    model = make(include_top=False, weights=weights, **images)
    features = model.get_layer(last_layer).output if last_layer else model.output
    if is_nested:
        prefix = f"{model.name}_"
        return flatten(
            keras.Model(model.inputs, features),
            inputs,
            rename=lambda path: path.split("/")[-1].removeprefix(prefix),
        )
    return features


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name=name,
            backbone=partial(backbone, network),
            summary=f"{network} of Keras Applications",
            reference=reference,
            sizes=Sizes(smallest),
            default_size=smallest,
            channels=3,
            freeze_points=points,
        )
        for name, (network, reference, smallest, points) in NETWORKS.items()
    ]
