"""Presets of KerasHub in folders, with tiny backbones and an image converter, as `save_to_preset` writes them.

docs/generate_networks.py writes the table of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from zoo_plugins.kerashub_kinds import KINDS, fitted

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 32
SCALE, OFFSET = [0.01, 0.02, 0.03], [-1.0, -1.5, -2.0]

TOKENS = {"num_layers": 2, "num_heads": 2, "hidden_dim": 32, "patch_size": 8}

# Where `nano` is not tiny.
TINY: dict[str, dict[str, Any]] = {
    "deit": TOKENS,
    "dinov2": TOKENS,
    "dinov3": TOKENS,
    "resnet": {
        "stackwise_num_filters": [64, 64],
        "stackwise_num_blocks": [1, 1],
        "stackwise_num_strides": [1, 2],
    },
    "swin": {"depths": [1, 1], "num_heads": [2, 4], "embed_dim": 16},
    "vit": TOKENS,
    "vit-det": {"num_layers": 2, "num_heads": 2, "hidden_size": 32, "global_attention_layer_indices": [1]},
}

# Backbone -> the parameters of its preset's network with a head for two classes.
PARAMETERS = {
    "cspnet": 259_546,
    "deit": 65_634,
    "densenet": 169_642,
    "dinov2": 67_810,
    "dinov3": 65_314,
    "efficientnet": 340_568,
    "hgnetv2": 47_282,
    "mit": 188_498,
    "mobilenet": 44_650,
    "mobilenetv5": 166_314,
    "resnet": 162_626,
    "swin": 19_400,
    "vgg": 241_090,
    "vit": 65_570,
    "vit-det": 102_946,
    "xception": 122_642,
}

# Keras interpolates its position embeddings to another size whenever it saves them, so zoo writes no .keras file.
LOSSY = ("dinov2",)


def new_backbone(name: str, size: int = SIZE) -> Any:  # keras_hub is untyped
    """Return a backbone whose weights, statistics of batches included, are not those of an untrained one."""
    import keras_hub

    kind = KINDS[name]
    config = fitted({**kind.variants["nano"], **TINY.get(name, {})}, size)
    if name == "dinov2":
        config["position_embedding_shape"] = (2 * size, 2 * size, 3)  # of larger images, as in its presets
    make = getattr(keras_hub.models, kind.class_name)
    backbone = make(**config, **{kind.shape_argument: (size, size, 3)})
    rng = np.random.default_rng(0)
    for weight in backbone.weights:
        if weight.dtype == "float32":
            weight.assign(weight + 0.02 * rng.standard_normal(weight.shape))
    return backbone


def new_converter(size: int = SIZE) -> Any:
    import keras_hub

    return keras_hub.layers.ImageConverter(
        image_size=(size, size), scale=SCALE, offset=OFFSET, interpolation="bicubic"
    )


def save_preset(folder: Path, name: str, size: int = SIZE) -> Path:
    """Write a preset and return its folder."""
    new_backbone(name, size).save_to_preset(str(folder))
    new_converter(size).save_to_preset(str(folder))
    return folder


def features_of(name: str, outputs: Any) -> np.ndarray:
    """Return what zoo takes from a backbone's outputs: a map, or the class token."""
    if isinstance(outputs, dict):
        outputs = outputs[max(key for key in outputs if key.startswith("stage"))]
    if KINDS[name].tokens == "grid":
        side = round(outputs.shape[1] ** 0.5)
        return np.reshape(outputs, (-1, side, side, outputs.shape[2]))
    return np.asarray(outputs[:, 0] if KINDS[name].tokens == "class" else outputs)
