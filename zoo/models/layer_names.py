"""The names of layers: which ones Keras made up, and free ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from keras.src.utils.naming import to_snake_case  # by which Keras names layers without a name

if TYPE_CHECKING:
    from collections.abc import Collection


def automatic_name(operation: Any) -> str | None:  # a Keras operation, which is untyped
    """Return the name that Keras made up for a layer or an operation, without its number; None if it was named."""
    name = to_snake_case(type(operation).__name__)
    return name if re.fullmatch(rf"{re.escape(name)}(_\d+)?", operation.name) else None


def free_name(name: str, taken: Collection[str], first: int = 1) -> str:
    """Return the name, followed by the first free number from `first` on if it is taken: `dense`, `dense_1`, …."""
    free, number = name, first
    while free in taken:
        free = f"{name}_{number}"
        number += 1
    return free
