"""Datasets to draw, made of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.interfaces import Dataset, LabeledImages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


@pytest.fixture
def opened() -> Callable[..., OpenedDataset]:
    """Open a dataset of these images: split -> class -> how many gray images of 8×8, or the images themselves."""

    def make(splits: Mapping[str, Mapping[str, int | Sequence[Path | np.ndarray]]]) -> OpenedDataset:
        rng = np.random.default_rng(0)
        names = tuple(dict.fromkeys(name for classes in splits.values() for name in classes))
        items: list[Path | np.ndarray] = []
        labels, split = [], []
        for of, classes in splits.items():
            for name, images_or_count in classes.items():
                fresh = (
                    rng.integers(0, 256, (images_or_count, 8, 8), dtype=np.uint8)
                    if isinstance(images_or_count, int)
                    else images_or_count
                )
                items += list(fresh)
                labels += [names.index(name)] * len(fresh)
                split += [of] * len(fresh)
        images = LabeledImages(items, labels, names, split)
        return open_dataset("drawn", {"drawn": Dataset("drawn", lambda: images, "drawn", "none")}, FORMATS)

    return make
