"""Small real datasets for the tests of the data floor."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.interfaces import Dataset, LabeledImages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.data.opened import OpenedDataset


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 2 classes with 24 RGB images of 16×12 each."""
    root = tmp_path / "photos"
    for label, name in enumerate(("cat", "dog")):
        (root / name).mkdir(parents=True)
        for number in range(24):
            Image.fromarray(noise(100 * label + number, 12, 16, 3)).save(root / name / f"{number:02}.png")
    return root


@pytest.fixture
def opened_photos(photos: Path) -> OpenedDataset:
    return open_dataset(str(photos), {}, FORMATS)


@pytest.fixture
def opened_arrays() -> Callable[..., OpenedDataset]:
    """Open a dataset of the arrays that it is called with."""

    def opened(items: list[np.ndarray], labels: list[int], split: list[str] | None = None) -> OpenedDataset:
        images = LabeledImages(items, labels, ("cat", "dog"), split)
        return open_dataset(
            "arrays", {"arrays": Dataset("arrays", lambda: images, "arrays", "none")}, FORMATS
        )

    return opened


@pytest.fixture
def archive(photos: Path) -> Path:
    return Path(shutil.make_archive(str(photos), "zip", photos))


@pytest.fixture
def bucket(archive: Path) -> Iterator[fsspec.AbstractFileSystem]:
    """A store in memory that holds `photos.zip`."""
    files = fsspec.filesystem("memory")
    files.pipe("/photos.zip", archive.read_bytes())
    yield files
    files.store.clear()
