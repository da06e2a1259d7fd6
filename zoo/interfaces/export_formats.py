"""The formats that a model can leave zoo in, and what a file of each is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import ExportError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = {"keras": ".keras", "h5": ".h5", "saved-model": ""}
"""Format -> suffix of its files; a SavedModel is a folder."""


def format_of(path: Path) -> str | None:
    """The format whose files end like this one; None if there is none."""
    return next((name for name, suffix in SUFFIXES.items() if suffix and path.name.endswith(suffix)), None)


def check_format(file_format: str) -> None:
    """Refuse a format that zoo does not write.

    Raises:
        UnknownNameError: there is no such format.
    """
    if file_format not in SUFFIXES:
        raise UnknownNameError("format", file_format, SUFFIXES)


def check_target(path: Path, file_format: str) -> None:
    """Refuse a place that a file of this format cannot be written to.

    Raises:
        UnknownNameError: there is no such format.
        ExportError: files of the format end otherwise, or something of that name exists.
    """
    check_format(file_format)
    suffix = SUFFIXES[file_format]
    if not path.name.endswith(suffix):
        raise ExportError(
            f"{path} must end in {suffix}: Keras reads a file of format {file_format} only with that suffix"
        )
    if path.exists():
        raise ExportError(f"{path} already exists: remove it, or choose another path with --output")
