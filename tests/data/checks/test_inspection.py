"""Each image is inspected once: its size, the reason why it cannot be read, its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from tests.progress import RecordedProgress
from zoo.data.checks.inspection import Look, inspect_images
from zoo.data.checks.signatures import CHUNK
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A file of 5×3 pixels, one that is no image, and one of 4×4 pixels."""
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    Image.new("RGB", (5, 3)).save(paths[0])
    paths[1].write_bytes(b"no image")
    Image.new("L", (4, 4), 255).save(paths[2])
    return paths


def test_files_are_listed_with_width_height_and_bytes(files: list[Path]) -> None:
    looks = inspect_images(files, FORMATS, Progress()).looks
    assert looks == (
        Look(5, 3, files[0].stat().st_size),
        Look(0, 0, 8, "not an image"),
        Look(4, 4, files[2].stat().st_size),
    )


def test_only_readable_images_have_signatures(files: list[Path]) -> None:
    inspection = inspect_images(files, FORMATS, Progress())
    assert inspection.readable == (0, 2)
    assert inspection.signatures.thumbnails.shape == (2, 16 * 16 * 3)
    assert inspection.signatures.thumbnails.min(axis=1).tolist() == [0, 255]


def test_an_array_has_no_bytes_of_a_file() -> None:
    array = np.zeros((3, 5, 1), np.uint8)
    assert inspect_images([array], FORMATS, Progress()).looks == (Look(5, 3, 0),)


def test_progress_reaches_the_end_chunk_by_chunk() -> None:
    progress = RecordedProgress()
    inspect_images([np.zeros((4, 4), np.uint8)] * (CHUNK + 1), FORMATS, progress)
    assert progress.advances == [
        ("checking images", CHUNK, CHUNK + 1),
        ("checking images", CHUNK + 1, CHUNK + 1),
    ]


def test_a_vanished_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png"):
        inspect_images([tmp_path / "gone.png"], FORMATS, Progress())


def test_no_images_are_no_trouble() -> None:
    inspection = inspect_images([], FORMATS, Progress())
    assert (inspection.looks, inspection.readable, len(inspection.signatures.hashes)) == ((), (), 0)
