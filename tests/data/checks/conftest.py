"""Small pictures with broad shapes, as photos have them, and what the checks find in a dataset of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from zoo.data.checks import Finding, check_dataset
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    pass


@pytest.fixture(scope="session")
def picture() -> Callable[..., Image.Image]:
    """Draw the picture of this number: 120×90 RGB, unless asked for another size."""

    def draw(number: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
        coarse = np.random.default_rng(number).integers(0, 256, (7, 9, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)

    return draw


@pytest.fixture
def findings_by_check() -> Callable[..., dict[str, Finding]]:
    """Check a dataset; name of a check -> its finding."""

    def check(opened: OpenedDataset) -> dict[str, Finding]:
        return {finding.check: finding for finding in check_dataset(opened, Progress()).findings}

    return check


@pytest.fixture
def of_pictures(
    picture: Callable[..., Image.Image], opened_arrays: Callable[..., OpenedDataset]
) -> Callable[..., OpenedDataset]:
    """Open a dataset of these images in two classes, 60 pictures in train and 60 in validation beside them.

    Each image is given as (pixels, class, split).
    """

    def opened(*images: tuple[Image.Image, int, str]) -> OpenedDataset:
        others = [
            (picture(1000 + number), number % 2, split)
            for number, split in enumerate(["train"] * 60 + ["validation"] * 60)
        ]
        pixels, labels, split = zip(*images, *others, strict=True)
        return opened_arrays([np.asarray(image) for image in pixels], list(labels), list(split))

    return opened
