"""Chooses images to show, the same ones on every machine, and makes thumbnails of them."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from zoo.data.decode import UnreadableImage, decode_array, decode_file, image_header
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.data.formats import Formats
    from zoo.data.opened import OpenedDataset

WORDS = {"train": "training", "validation": "validation", "test": "test"}
"""Split -> the word for its images."""

LONGEST_SIDE = 180  # pixels, for a thumbnail about an inch wide


def numbers_in(opened: OpenedDataset, split: str | None) -> list[int]:
    """The numbers of the images in a split; None means in any.

    Raises:
        DatasetError: the split has no images.
    """
    if split is None:
        return list(range(len(opened.split)))
    numbers = [number for number, other in enumerate(opened.split) if other == split]
    if not numbers:
        others = " or ".join(sorted(set(opened.split)))
        raise DatasetError(f"dataset '{opened.name}' has no {split} images: choose --split {others}")
    return numbers


def candidates(opened: OpenedDataset, split: str, seed: int) -> dict[int, list[int]]:
    """Label -> numbers of its images, in an order that depends only on the seed and their content.

    Of identical images only one is included.
    """
    by_digest: dict[int, dict[str, int]] = {}
    for number in numbers_in(opened, split):
        by_digest.setdefault(opened.images.labels[number], {}).setdefault(opened.digests[number], number)
    return {
        label: [images[digest] for digest in sorted(images, key=lambda digest: shuffle_key(digest, seed))]
        for label, images in sorted(by_digest.items())
    }


def shuffle_key(text: str, seed: int) -> bytes:
    """A sort key for a random order that is the same on every machine."""
    return hashlib.sha256(f"{seed} {text}".encode(errors="surrogatepass")).digest()


def thumbnails(opened: OpenedDataset, numbers: list[int], count: int) -> tuple[np.ndarray, ...]:
    """Thumbnails of the first `count` of the images that can be read."""
    readable = (pixels for number in numbers if (pixels := _thumbnail(opened, number)) is not None)
    return tuple(islice(readable, count))


def squares(
    opened: OpenedDataset, numbers: list[int], size: int, channels: int
) -> Iterator[tuple[int, np.ndarray]]:
    """The images that can be read, each with its number, decoded as a network's input."""
    for number in numbers:
        item = opened.images.items[number]
        try:
            yield number, _decode(item, size, channels, opened.formats)
        except UnreadableImage:
            continue


def thumbnail(item: Path | np.ndarray, formats: Formats, longest: int = LONGEST_SIDE) -> np.ndarray:
    """The image upright and undistorted, at most `longest` pixels per side: uint8 (height, width, 3).

    Raises:
        UnreadableImage: it is missing or damaged.
    """
    width, height = upright_size(item, formats)
    side = min(longest, max(width, height))
    scale = side / max(width, height)
    box = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = Image.fromarray(_decode(item, side, 3, formats))
    return np.asarray(square.resize(box, Image.Resampling.BILINEAR))


def upright_size(item: Path | np.ndarray, formats: Formats) -> tuple[int, int]:
    """Width and height of the upright image, that is, after its EXIF orientation; decodes no pixels.

    Raises:
        UnreadableImage: it is missing or not an image.
    """
    if not isinstance(item, Path):
        return item.shape[1], item.shape[0]
    width, height, _ = image_header(item, formats)
    return width, height


def _decode(item: Path | np.ndarray, size: int, channels: int, formats: Formats) -> np.ndarray:
    if isinstance(item, Path):
        return decode_file(item, size, channels, formats)
    return decode_array(item, size, channels)


def _thumbnail(opened: OpenedDataset, number: int) -> np.ndarray | None:
    try:
        return thumbnail(opened.images.items[number], opened.formats)
    except UnreadableImage:
        return None
