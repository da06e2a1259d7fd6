"""The shipped datasets, digits and shapes: they open, and are what their summaries say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from zoo_plugins import digits, shapes

from tests.formats import FORMATS
from zoo.data.opened import OpenedDataset, natural_channels, natural_size
from zoo.data.sources import open_dataset


def opened(plugin: object) -> OpenedDataset:
    (dataset,) = plugin.zoo_datasets()  # type: ignore[attr-defined]
    return open_dataset(dataset.name, {dataset.name: dataset}, FORMATS)


@pytest.mark.parametrize(("plugin", "size", "channels"), [(digits, 8, 1), (shapes, 64, 3)])
def test_it_opens_with_its_natural_size(plugin: object, size: int, channels: int) -> None:
    dataset = opened(plugin)
    assert (natural_size(dataset), natural_channels(dataset), dataset.notices) == (size, channels, ())


def test_digits_are_1797_images_of_ten_classes() -> None:
    images = digits.load()
    assert (len(images.items), len(images.class_names)) == (1797, 10)


def test_digits_use_the_whole_range_of_pixels() -> None:
    pixels = np.stack(digits.load().items)
    assert (pixels.min(), pixels.max(), pixels.dtype) == (0, 255, np.uint8)


def test_shapes_are_200_images_of_each_class() -> None:
    images = shapes.load()
    assert Counter(images.labels) == dict.fromkeys(range(6), 200)


def test_shapes_are_the_same_each_time() -> None:
    """One other bit, and the registry would call it another version of the dataset."""
    assert opened(shapes).fingerprint == opened(shapes).fingerprint


def test_shapes_differ_from_each_other() -> None:
    assert len(set(opened(shapes).digests)) == 1200
