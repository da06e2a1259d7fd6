"""Weights files of the networks of Keras Applications, with random weights, in each format that people have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import keras
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

SIDE = {"mobilenet-v2": 32, "inception-v3": 75, "vgg16": 32}


def keras_network(name: str, *, top: bool, alpha: float = 0.35) -> keras.Model:
    """Keras's own network with random weights, its biases and statistics too."""
    make = {
        "mobilenet-v2": keras.applications.MobileNetV2,
        "inception-v3": keras.applications.InceptionV3,
        "vgg16": keras.applications.VGG16,
    }[name]
    arguments: dict[str, Any] = {"alpha": alpha} if name == "mobilenet-v2" else {}
    if top:
        arguments["classes"] = 10
    network = make(include_top=top, weights=None, input_shape=(SIDE[name], SIDE[name], 3), **arguments)
    rng = np.random.default_rng(0)
    for weight in network.weights:
        if len(weight.shape) == 1:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return network


def save(network: keras.Model, path: Path) -> Path:
    """In the format that the name ends with: `.weights.h5`, `.keras`, `whole.h5`, or Keras 2's `older.h5`."""
    if path.name.endswith("older.h5"):
        save_as_keras_2_does(network, path)
    elif path.name.endswith("weights.h5"):
        network.save_weights(path)
    else:
        network.save(path)
    return path


def save_as_keras_2_does(network: keras.Model, path: Path) -> None:
    """`save_weights` of Keras 1 and 2, the format in which Keras Applications publish theirs."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            group = file.create_group(layer.name)
            names = [f"{weight.path}:0" for weight in weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, weights, strict=True):
                group[name] = weight.numpy()
