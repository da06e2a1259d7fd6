"""Arrays saved as a dataset, and loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.data.sources.arrays import load_arrays
from zoo.errors import DatasetError
from zoo.interfaces import LabeledImages, Progress

if TYPE_CHECKING:
    from pathlib import Path

GRAY = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)

GRAY[0, 0, :2] = 0, 255
LABELS = np.array([0, 1, 2, 0, 1, 2])


def loaded(path: Path, **arrays: object) -> LabeledImages:
    np.savez(path / "set.npz", **arrays)  # type: ignore[arg-type]
    return load_arrays(path / "set.npz", Progress())


def refused(path: Path, **arrays: object) -> str:
    with pytest.raises(DatasetError) as caught:
        loaded(path, **arrays)
    return str(caught.value).replace(f"{path}/", "")


def pixels(images: LabeledImages) -> np.ndarray:
    return np.stack([np.asarray(item) for item in images.items])


def is_mapped(array: object) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None
