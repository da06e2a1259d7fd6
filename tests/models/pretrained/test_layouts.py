"""Kernels in PyTorch's layout compute the same in Keras's after they are transposed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.pretrained.layouts import fits, in_layout_of_keras
from zoo.models.pretrained.targets import Target, targets_of


def kernel_of(layer: keras.layers.Layer, shape: tuple[int, ...], name: str = "kernel") -> Target:
    """The kernel of a layer named `layer` on inputs of this shape."""
    inputs = keras.Input(shape)
    return targets_of(keras.Model(inputs, layer(inputs)))[f"layer/{name}"]


def numbered(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize(
    ("make", "shape", "torch", "entry"),
    [
        (lambda: layers.Dense(4, name="layer"), (3,), (4, 3), lambda t: t.T),
        (lambda: layers.Dense(3, name="layer"), (3,), (3, 3), lambda t: t.T),
        (
            lambda: layers.Conv2D(5, (2, 3), name="layer"),
            (9, 9, 4),
            (5, 4, 2, 3),
            lambda t: t.transpose(2, 3, 1, 0),
        ),
        (lambda: layers.Conv1D(5, 3, name="layer"), (9, 4), (5, 4, 3), lambda t: t.transpose(2, 1, 0)),
        (
            lambda: layers.Conv2D(6, 3, groups=2, name="layer"),
            (9, 9, 4),
            (6, 2, 3, 3),
            lambda t: t.transpose(2, 3, 1, 0),
        ),
        (
            lambda: layers.Conv2DTranspose(5, 3, name="layer"),
            (9, 9, 4),
            (4, 5, 3, 3),
            lambda t: t.transpose(2, 3, 1, 0),
        ),
        (
            lambda: layers.DepthwiseConv2D(3, name="layer"),
            (9, 9, 4),
            (4, 1, 3, 3),
            lambda t: t.transpose(2, 3, 0, 1),
        ),
        (
            lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, name="layer"),
            (9, 9, 4),
            (8, 1, 3, 3),
            lambda t: t.reshape(4, 2, 3, 3).transpose(2, 3, 0, 1),
        ),
        (
            lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 5), name="layer"),
            (7, 6),
            (10, 6),
            lambda t: t.T.reshape(6, 2, 5),
        ),
        (
            lambda: layers.EinsumDense("abcd,cde->abe", (None, 6), name="layer"),
            (7, 2, 5),
            (6, 10),
            lambda t: t.T.reshape(2, 5, 6),
        ),
    ],
    ids=[
        "dense",
        "square",
        "conv",
        "conv1d",
        "groups",
        "transpose",
        "depthwise",
        "multiplier",
        "heads",
        "from heads",
    ],
)
def test_a_kernel_of_pytorch(make: Any, shape: tuple[int, ...], torch: tuple[int, ...], entry: Any) -> None:
    target, tensor = kernel_of(make(), shape), numbered(*torch)
    loaded = in_layout_of_keras(tensor, target, "torch")
    assert loaded.shape == target.shape
    assert np.array_equal(loaded, entry(tensor))
    assert fits(torch, target, "torch")
    assert in_layout_of_keras(tensor, target, "keras") is tensor


def test_a_bias_of_attention_is_reshaped_and_other_variables_are_as_they_are() -> None:
    layer = layers.EinsumDense("abc,cde->abde", (None, 2, 5), bias_axes="de", name="layer")
    assert in_layout_of_keras(numbered(10), kernel_of(layer, (7, 6), "bias"), "torch").shape == (2, 5)
    embeddings = kernel_of(layers.Embedding(3, 4, name="layer"), (7,), "embeddings")
    assert np.array_equal(in_layout_of_keras(numbered(3, 4), embeddings, "torch"), numbered(3, 4))


@pytest.mark.parametrize("shape", [(5, 3), (12,), (), (4, 3, 1, 1), (2, 6)])
def test_a_kernel_of_another_shape_does_not_fit(shape: tuple[int, ...]) -> None:
    assert not fits(shape, kernel_of(layers.Dense(4, name="layer"), (3,)), "torch")
