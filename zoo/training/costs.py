"""The costs of a trained model: its size, and the time of its training. Rows of `zoo.interfaces.metrics` name these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.interfaces import ModelContent

BYTES_PER_MEGABYTE = 1_000_000


def params(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the number of its weights."""
    return content.parameters


def trainable_params(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the number of its weights that trained."""
    return content.trainable_parameters


def megabytes(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return the bytes of its weights, in millions."""
    return content.size_bytes / BYTES_PER_MEGABYTE


def seconds(content: ModelContent, seconds: float) -> float:  # noqa: ARG001
    """Return how long its epochs took."""
    return seconds
