"""Chooses images to show, the same ones on every machine, and makes small pictures of them."""

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
"""What the images of a split are called."""

LONGEST_SIDE = 180  # pixels, of a picture that is about an inch wide


def numbers_in(opened: OpenedDataset, split: str | None) -> list[int]:
    """The numbers of the images in a split; None means in any.

    Raises:
        DatasetError: there are none.
    """
    if split is None:
        return list(range(len(opened.split)))
    numbers = [number for number, of in enumerate(opened.split) if of == split]
    if not numbers:
        others = " or ".join(sorted(set(opened.split)))
        raise DatasetError(f"dataset '{opened.name}' has no {split} images: choose --split {others}")
    return numbers


def candidates(opened: OpenedDataset, split: str, seed: int) -> dict[int, list[int]]:
    """Label -> numbers of its images, in an order that the seed and their content alone decide.

    A copy of an image comes once.
    """
    found: dict[int, dict[str, int]] = {}
    for number in numbers_in(opened, split):
        found.setdefault(opened.images.labels[number], {}).setdefault(opened.digests[number], number)
    return {
        label: [found[label][digest] for digest in sorted(found[label], key=lambda one: drawn(one, seed))]
        for label in sorted(found)
    }


def drawn(text: str, seed: int) -> bytes:
    """What to sort by for a fair order that is the same everywhere."""
    return hashlib.sha256(f"{seed} {text}".encode(errors="surrogatepass")).digest()


def thumbnails(opened: OpenedDataset, numbers: list[int], most: int) -> tuple[np.ndarray, ...]:
    """Small pictures of the first so many of the images that can be read."""
    readable = (pixels for number in numbers if (pixels := _readable(opened, number)) is not None)
    return tuple(islice(readable, most))


def squares(
    opened: OpenedDataset, numbers: list[int], size: int, channels: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Those of the images that can be read, each with its number, as a network takes them."""
    for number in numbers:
        item = opened.images.items[number]
        try:
            yield number, _decode(item, size, channels, opened.formats)
        except UnreadableImage:
            continue


def thumbnail(item: Path | np.ndarray, formats: Formats, longest: int = LONGEST_SIDE) -> np.ndarray:
    """The image upright and undistorted, at most this many pixels a side: uint8 (height, width, 3).

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
    """Width and height as people see the image, after its EXIF orientation; decodes no pixels.

    Raises:
        UnreadableImage: it is missing or no image.
    """
    if not isinstance(item, Path):
        return item.shape[1], item.shape[0]
    width, height, _ = image_header(item, formats)
    return width, height


def _decode(item: Path | np.ndarray, size: int, channels: int, formats: Formats) -> np.ndarray:
    if isinstance(item, Path):
        return decode_file(item, size, channels, formats)
    return decode_array(item, size, channels)


def _readable(opened: OpenedDataset, number: int) -> np.ndarray | None:
    try:
        return thumbnail(opened.images.items[number], opened.formats)
    except UnreadableImage:
        return None
