"""The first layers of a head, which turn the features into a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import layers

from zoo.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "head_pooling"
_MAPS = {
    "avg": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
    "flatten": layers.Flatten,
}
_TOKENS = {
    "avg": layers.GlobalAveragePooling1D,
    "max": layers.GlobalMaxPooling1D,
    "first": layers.Cropping1D,
}


def pooling_layers(features: keras.KerasTensor, pooling: str, pool: str | None) -> list[layers.Layer]:
    """Return the layers from these features to a vector (batch, d): none for a vector.

    Args:
        features: maps (batch, h, w, c), tokens (batch, n, d) or a vector (batch, d).
        pooling: of maps; the hyperparameter of the head.
        pool: of tokens; see `zoo.interfaces.Architecture`.

    Raises:
        ContractError: the first of an unknown number of tokens.
    """
    if len(features.shape) == 4:
        return [_MAPS[pooling](name=NAME)]
    if len(features.shape) == 2:
        return []
    if pool != "first":
        return [_TOKENS[str(pool)](name=NAME)]
    if features.shape[1] is None:
        raise ContractError(
            f"the first of {features.shape} tokens cannot be cut out: return tokens of a fixed number"
        )
    return [
        layers.Cropping1D((0, features.shape[1] - 1), name=NAME),
        layers.Flatten(name="head_token"),
    ]


def token_pooling(network: keras.Model, head: Sequence[str]) -> str | None:
    """Return how the head with these layers pools tokens; None where its features are no tokens."""
    if not head:
        return None
    kind = type(network.get_layer(head[0]))
    return next((pool for pool, layer in _TOKENS.items() if layer is kind), None)
