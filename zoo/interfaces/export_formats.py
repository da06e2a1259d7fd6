"""The formats in which a model can be exported, with the suffixes of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import ExportError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = {"keras": ".keras", "h5": ".h5", "saved-model": ""}
"""Format -> suffix of its files; a SavedModel is a folder without one."""


def format_of(path: Path) -> str | None:
    """The format whose suffix the file has; None if it has none of them."""
    return next((name for name, suffix in SUFFIXES.items() if suffix and path.name.endswith(suffix)), None)


def check_format(file_format: str) -> None:
    """Refuse a format that zoo does not write.

    Raises:
        UnknownNameError: the format is unknown.
    """
    if file_format not in SUFFIXES:
        raise UnknownNameError("format", file_format, SUFFIXES)


def check_target(path: Path, file_format: str) -> None:
    """Refuse a path to which a file of this format cannot be written.

    Raises:
        UnknownNameError: the format is unknown.
        ExportError: the path has another suffix than the format, exists already, or its folder does not.
    """
    check_format(file_format)
    suffix = SUFFIXES[file_format]
    if not path.name.endswith(suffix):
        raise ExportError(
            f"{path} must end in {suffix}: Keras reads a file of format {file_format} only with that suffix"
        )
    if path.exists():
        raise ExportError(f"{path} already exists: remove it, or choose another path with --output")
    if not path.parent.is_dir():
        raise ExportError(
            f"there is no folder {path.parent}: create it, or choose another path with --output"
        )
