"""The image backbones of KerasHub, and how each is built and used."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from zoo_plugins.kerashub_variants import (
    CSPNET,
    DEIT,
    DENSENET,
    DINO,
    EFFICIENTNET,
    HGNETV2,
    MIT,
    MOBILENET,
    MOBILENETV5,
    RESNET,
    SWIN,
    VGG,
    VIT,
    VIT_DET,
    XCEPTION,
)

LEAST_PATCHES = 7  # a side, if the patch size is chosen by the size of the images
PATCH_SIZES = (16, 14, 8, 7, 4, 2)
WINDOW = 7  # of Swin, in patches a side


@dataclass(frozen=True)
class Kind:
    """A backbone class of KerasHub.

    Args:
        class_name: its name in `keras_hub.models`.
        folder: its folder in KerasHub's sources, by which an installed version is known to have it.
        variants: name -> arguments of the class; the first is the default.
        as_unit: its layers cannot be stored one by one: KerasHub does not register them with Keras, or they cannot be
            rebuilt from their own configurations. The backbone can be rebuilt from its own.
        tokens: how features (b, n, d) become one vector or a map: "class" takes the first token, "grid" lays them out
            as a square. None: the features are a map.
        interpolates: it adapts the weights of a preset to images of another size.
        shape_argument: the argument for the images' shape.
        input_range: pixels that it was designed for; a preset has its own.
        presets: prefixes of the names of its presets; empty: the name under which it is known here.
    """

    class_name: str
    folder: str
    variants: Mapping[str, Mapping[str, object]]
    as_unit: bool = False
    tokens: str | None = None
    interpolates: bool = False
    shape_argument: str = "image_shape"
    input_range: str = "-1,1"
    presets: tuple[str, ...] = ()


def fitted(config, size):
    """Return the arguments of a backbone with those that depend on the size of the images, unless they are given."""
    if "embed_dim" in config:  # Swin: a window that is larger than the map of a stage has no meaning
        return {"window_size": max(1, min(WINDOW, size // step_of(config))), **config}
    if "num_heads" in config:
        return {"patch_size": patch_for(size), **config}
    return config


def step_of(config):
    """Return the number of pixels by which the side of an image must be divisible."""
    if "embed_dim" in config:  # Swin: patches, merged two by two between stages
        return config.get("patch_size", 4) * 2 ** (len(config["depths"]) - 1)
    if "layerwise_strides" in config:  # MiT
        return prod(config["layerwise_strides"])
    return config.get("patch_size", 1)


def patch_for(size):
    """Return the largest usual patch size of which at least seven fit into a side; 16 if there is none."""
    return next(
        (patch for patch in PATCH_SIZES if size % patch == 0 and size // patch >= LEAST_PATCHES),
        PATCH_SIZES[0],
    )


KINDS = {
    "cspnet": Kind("CSPNetBackbone", "cspnet", CSPNET, presets=("csp", "darknet")),
    "deit": Kind("DeiTBackbone", "deit", DEIT, as_unit=True, tokens="class"),
    "densenet": Kind("DenseNetBackbone", "densenet", DENSENET),
    "dinov2": Kind("DINOV2Backbone", "dinov2", DINO, as_unit=True, interpolates=True, tokens="class"),
    "dinov3": Kind("DINOV3Backbone", "dinov3", DINO, as_unit=True, interpolates=True, tokens="class"),
    "efficientnet": Kind(
        "EfficientNetBackbone",
        "efficientnet",
        EFFICIENTNET,
        shape_argument="input_shape",
        presets=("efficientnet", "efficientnet2"),
    ),
    "hgnetv2": Kind("HGNetV2Backbone", "hgnetv2", HGNETV2),
    "mit": Kind("MiTBackbone", "mit", MIT, as_unit=True),
    "mobilenet": Kind("MobileNetBackbone", "mobilenet", MOBILENET, as_unit=True),
    "mobilenetv5": Kind("MobileNetV5Backbone", "mobilenetv5", MOBILENETV5, as_unit=True),
    "resnet": Kind("ResNetBackbone", "resnet", RESNET),
    "swin": Kind("SwinTransformerBackbone", "swin_transformer", SWIN, as_unit=True, tokens="grid"),
    "vgg": Kind("VGGBackbone", "vgg", VGG),
    "vit": Kind("ViTBackbone", "vit", VIT, as_unit=True, tokens="class"),
    "vit-det": Kind("ViTDetBackbone", "vit_det", VIT_DET, as_unit=True, input_range="0,1"),
    "xception": Kind("XceptionBackbone", "xception", XCEPTION),
}
