"""Brings tensors in PyTorch's layout into that of Keras.

PyTorch stores a dense kernel as (outputs, inputs) and that of a convolution as (outputs, inputs, height, width)
(torch.nn.Linear, torch.nn.Conv2d); Keras as (inputs, outputs) and (height, width, inputs, outputs).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zoo.models.pretrained.targets import Target

LAYOUTS = ("keras", "torch")

OF_TORCH = {
    "weight": ("kernel", "gamma", "embeddings", "depthwise_kernel"),
    "bias": ("bias", "beta"),
    "running_mean": ("moving_mean",),
    "running_var": ("moving_variance",),
}
"""PyTorch's name of a tensor of a layer -> Keras's names of the variable that it may be."""


def fits(shape: tuple[int, ...], target: Target, layout: str) -> bool:
    """Whether a tensor of this shape can be loaded into the variable."""
    return in_layout_of_keras(np.broadcast_to(np.float32(0), shape), target, layout).shape == target.shape


def in_layout_of_keras(array: np.ndarray, target: Target, layout: str) -> np.ndarray:
    """Return a tensor in the layout of its variable; it keeps its shape if it cannot have that of the variable."""
    if layout != "torch":
        return array
    part = target.name.rpartition("/")[2]
    if part.endswith("kernel") and array.ndim >= 2:
        return _kernel(array, target.shape)
    if part == "bias" and array.size == math.prod(target.shape):  # of attention: (heads, size of a head)
        return array.reshape(target.shape)
    return array


def _kernel(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    outputs, inputs, *window = array.shape
    transposed = np.moveaxis(array, (0, 1), (-1, -2))  # (*window, inputs, outputs)
    if transposed.shape == shape:
        return transposed
    channels = shape[-2:]
    if window and inputs == 1 and shape == (*window, *channels) and math.prod(channels) == outputs:
        # A depthwise convolution: PyTorch's outputs are the channels, each as often as the multiplier says.
        return np.moveaxis(array[:, 0], 0, -1).reshape(shape)
    if not window and array.size == math.prod(shape) and (shape[0] == inputs or shape[-1] == outputs):
        return transposed.reshape(shape)  # of attention: (inputs, heads, size), or (heads, size, outputs)
    return array
