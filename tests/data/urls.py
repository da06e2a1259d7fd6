"""Opens datasets behind URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

PHOTOS = "memory://photos.zip"


def opened(url: str, progress: Progress | None = None) -> OpenedDataset:
    return open_dataset(url, {}, FORMATS, progress=progress)


def refusal(url: str) -> str:
    with pytest.raises(DatasetError) as caught:
        opened(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)
