"""Names the images of a dataset in findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.checks.report import ConcernedFile

if TYPE_CHECKING:
    from zoo.data.opened import OpenedDataset


def concerned(opened: OpenedDataset, number: int, detail: str = "", group: int = 0) -> ConcernedFile:
    """Return the image of this number, as a finding names it."""
    class_name = opened.images.class_names[opened.images.labels[number]]
    return ConcernedFile(name_of(opened, number), class_name, opened.split[number], detail, group)


def name_of(opened: OpenedDataset, number: int) -> str:
    """Return the image's path, or `image N` of an array; `DecodedDataset.skipped` uses the same names."""
    item = opened.images.items[number]
    return str(item) if isinstance(item, Path) else f"image {number}"
