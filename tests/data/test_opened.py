"""A dataset that is found, fingerprinted and split: its counts, its natural size and channels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.opened import OpenedDataset, natural_channels, natural_size
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def arrays(count: int, *shape: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8))


def test_counts_add_up(opened_photos: OpenedDataset) -> None:
    counts = opened_photos.counts
    assert {name: sum(counts[s][name] for s in counts) for name in ("cat", "dog")} == {"cat": 24, "dog": 24}


def test_poor_splits_are_reported_in_notices(opened_arrays: Callable) -> None:
    opened = opened_arrays(arrays(4, 8, 8), [0, 1, 0, 1], ["train"] * 2 + ["validation"] * 2)
    assert opened.notices == ("no test images: there will be no test metrics",)


def test_the_fingerprint_does_not_know_the_folder(photos: Path) -> None:
    before = open_dataset(str(photos), {}, FORMATS).fingerprint
    assert open_dataset(str(photos.rename(photos.parent / "moved")), {}, FORMATS).fingerprint == before


@pytest.mark.parametrize(
    ("shape", "size"), [((8, 8), 8), ((12, 30), 12), ((300, 300), 224), ((300, 400), 224)]
)
def test_the_natural_size_is_the_shorter_side_up_to_224(
    opened_arrays: Callable, shape: tuple[int, int], size: int
) -> None:
    assert natural_size(opened_arrays(arrays(40, *shape), [0, 1] * 20)) == size


def test_the_natural_size_of_mixed_images_is_a_median(opened_arrays: Callable) -> None:
    items = [*arrays(19, 10, 12), *arrays(20, 30, 20), *arrays(1, 99, 99)]
    assert natural_size(opened_arrays(items, [0, 1] * 20)) == 20


def test_the_natural_size_of_files_is_read_from_their_headers(opened_photos: OpenedDataset) -> None:
    assert natural_size(opened_photos) == 12


@pytest.mark.parametrize(("shape", "channels"), [((8, 8), 1), ((8, 8, 1), 1), ((8, 8, 3), 3)])
def test_natural_channels_of_arrays(opened_arrays: Callable, shape: tuple[int, ...], channels: int) -> None:
    assert natural_channels(opened_arrays(arrays(40, *shape), [0, 1] * 20)) == channels


def test_one_colour_image_among_gray_ones_makes_colour_natural(photos: Path) -> None:
    for path in sorted(photos.rglob("*.png"))[1:]:
        with Image.open(path) as image:
            image.convert("L").save(path)
    assert natural_channels(open_dataset(str(photos), {}, FORMATS)) == 3


def test_unreadable_images_do_not_count_for_the_natural_size(photos: Path) -> None:
    (photos / "cat" / "broken.png").write_bytes(b"broken")
    assert natural_size(open_dataset(str(photos), {}, FORMATS)) == 12


def test_no_natural_size_without_a_readable_image(photos: Path) -> None:
    for number, path in enumerate(photos.rglob("*.png")):
        path.write_bytes(b"broken %d" % number)
    with pytest.raises(DatasetError, match="no image of dataset 'photos' can be read"):
        natural_size(open_dataset(str(photos), {}, FORMATS))


def test_decoders_of_plugins_are_part_of_the_identity(opened_photos: OpenedDataset) -> None:
    assert opened_photos.identity == opened_photos.fingerprint
    by_version = {replace(opened_photos, decoders=(f"toy {version}",)).identity for version in (1, 2)}
    assert len(by_version | {opened_photos.fingerprint}) == 3
