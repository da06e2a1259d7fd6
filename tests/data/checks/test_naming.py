"""The names of images in findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.checks.naming import concerned, name_of
from zoo.data.checks.report import ConcernedFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


def test_a_file_is_named_by_its_path(opened_photos: OpenedDataset, photos: Path) -> None:
    paths = [name_of(opened_photos, number) for number in range(len(opened_photos.digests))]
    assert sorted(paths) == sorted(map(str, photos.rglob("*.png")))


def test_an_array_is_named_by_its_number_class_and_split(opened_arrays: Callable) -> None:
    arrays = [np.full((8, 8), value, np.uint8) for value in range(6)]
    opened = opened_arrays(arrays, [0, 1] * 3, ["train"] * 2 + ["validation"] * 2 + ["test"] * 2)
    assert concerned(opened, 3, "blank", group=7) == ConcernedFile("image 3", "dog", "validation", "blank", 7)
