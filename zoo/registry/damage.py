"""Refuses rows whose JSON is not as this zoo writes it, by their name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def damage_named(kind: str, identity: str) -> Iterator[None]:
    """Turn the errors of reading a damaged document into one line that names the row.

    Args:
        kind: such as "search".
    """
    try:
        yield
    except (AttributeError, HyperparameterError, IndexError, KeyError, TypeError, ValueError) as error:
        raise RegistryError(
            f"{kind} {identity} is damaged in the registry ({type(error).__name__}: {error}): restore the registry "
            "from a backup"
        ) from error
