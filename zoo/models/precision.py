"""The numeric precision of networks: Keras's dtype policies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEPS = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Create layers with this policy, unless they choose their own."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def computes_in_float16(network: keras.Model) -> bool:
    """Whether a layer, also one inside another, computes in float16, whose small gradients become 0."""
    return "float16" in _compute_dtypes(network)


def round_each_result(network: keras.Model) -> None:
    """On a CPU, let every operation of a 16-bit network round its own result, in all functions traced from now on.

    TensorFlow's remapper fuses operations, such as a convolution and its bias, that then round once instead of twice.
    Which ones it fuses depends on the graph around them, so the same layers would return other digits with cached
    activations than without, and in training than in prediction. In float32 that does not show, and fusing is quicker.
    """
    if not tf.config.list_physical_devices("GPU"):
        in_16_bits = bool(_compute_dtypes(network) & {"float16", "bfloat16"})
        tf.config.optimizer.set_experimental_options({"remapping": not in_16_bits})


def coarsest_rounding(network: keras.Model) -> float:
    """Return the largest relative step between two numbers in any of the network's dtypes of 32 or 16 bits."""
    return max(map(rounding_step, _compute_dtypes(network)))


def rounding_step(dtype: str) -> float:
    """Return the relative step between two numbers of a dtype; 0 for other than 32 or 16 bits."""
    return _STEPS.get(dtype, 0.0)


def _compute_dtypes(network: keras.Model) -> set[str]:
    # Keras has no public name for layers inside layers.
    return {str(layer.compute_dtype) for layer in network._flatten_layers()}
