"""The numeric precision of networks: Keras's dtype policies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    # Keras has no public name for layers inside layers.
    return any(layer.compute_dtype == "float16" for layer in network._flatten_layers())
