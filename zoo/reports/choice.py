"""Chooses images to show, the same ones on every machine, and makes small pictures of them."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from zoo.data.decode import FORMATS, UnreadableImage, decode_array, decode_file
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.data.opened import OpenedDataset

WORDS = {"train": "training", "validation": "validation", "test": "test"}
"""What the images of a split are called."""

LONGEST_SIDE = 180  # pixels, of a picture that is about an inch wide
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height


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
            yield number, _decode(item, size, channels)
        except UnreadableImage:
            continue


def thumbnail(item: Path | np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    """The image upright and undistorted, at most this many pixels a side: uint8 (height, width, 3).

    Raises:
        UnreadableImage: it is missing or damaged.
    """
    width, height = upright_size(item)
    side = min(longest, max(width, height))
    scale = side / max(width, height)
    box = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(_decode(item, side, 3)).resize(box, Image.Resampling.BILINEAR))


def upright_size(item: Path | np.ndarray) -> tuple[int, int]:
    """Width and height as people see the image, after its EXIF orientation; decodes no pixels.

    Raises:
        UnreadableImage: it is missing or no image.
    """
    if not isinstance(item, Path):
        return item.shape[1], item.shape[0]
    try:
        with Image.open(item, formats=FORMATS) as image:
            width, height = _stored_size(image)
            return (height, width) if _orientation(image) in SIDEWAYS else (width, height)
    except Exception as error:  # Pillow's decoders raise nearly anything for damaged bytes
        raise UnreadableImage(str(item), "damaged") from error


def _decode(item: Path | np.ndarray, size: int, channels: int) -> np.ndarray:
    return decode_file(item, size, channels) if isinstance(item, Path) else decode_array(item, size, channels)


def _stored_size(image: Image.Image) -> tuple[int, int]:
    # Newer Pillow tells the size of a TIFF turned upright, but of no other format.
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.tag_v2[TiffImagePlugin.IMAGEWIDTH], image.tag_v2[TiffImagePlugin.IMAGELENGTH]
    return image.size


def _orientation(image: Image.Image) -> int:
    # Pillow would decode a whole PNG in search of EXIF behind its pixels.
    if image.format == "PNG" and not image.info.keys() & {"exif", "Raw profile type exif"}:
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF says nothing about the pixels
        return 1


def _readable(opened: OpenedDataset, number: int) -> np.ndarray | None:
    try:
        return thumbnail(opened.images.items[number])
    except UnreadableImage:
        return None
