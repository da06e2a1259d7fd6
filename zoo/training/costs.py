"""The costs of a trained model: its size, and the time of its training. Rows of `zoo.interfaces.metrics` name these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.interfaces import ModelContent

BYTES_PER_MEGABYTE = 1_000_000


def params(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the number of its weights."""
    return sum(tensor.size for tensor in content.tensors.values())


def trainable_params(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the number of its weights that trained."""
    return sum(content.tensors[path].size for path in content.trainable)


def megabytes(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the bytes of its weights, in millions."""
    return sum(tensor.nbytes for tensor in content.tensors.values()) / BYTES_PER_MEGABYTE


def seconds(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return how long its epochs took."""
    return seconds
