"""Conversions between arrays of pixels and Pillow's images."""

from __future__ import annotations

import contextlib

import numpy as np
from PIL import ExifTags, Image, ImageOps


def image_of(pixels: np.ndarray) -> Image.Image:
    """Return an image in mode L or RGB from uint8 pixels (height, width), (height, width, 1) or (height, width, 3)."""
    return Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def pixels_of(image: Image.Image) -> np.ndarray:
    """Return a copy of an image in mode L or RGB: uint8 (height, width, channels)."""
    return np.array(image).reshape(image.height, image.width, len(image.getbands()))


def turn_upright(square: Image.Image, original: Image.Image) -> None:
    """Turn the square in place as the original's EXIF says, which is less work than turning the original.

    Args:
        square: the original after decoding and stretching.
        original: an image as Pillow opened it.
    """
    orientation = _orientation(original)
    if orientation != 1:
        square.getexif()[ExifTags.Base.Orientation] = orientation
        ImageOps.exif_transpose(square, in_place=True)


def lies_on_its_side(image: Image.Image) -> bool:
    """Whether EXIF says that width and height are swapped. Decodes no pixels of an image that was just opened."""
    # Pillow would decode a whole PNG in search of EXIF behind its pixels.
    if image.format == "PNG" and not image.info.keys() & {"exif", "Raw profile type exif"}:
        return False
    return _orientation(image) >= 5


def _orientation(image: Image.Image) -> int:
    """Return the orientation from 1, upright, to 8; 1 where EXIF is damaged, which says nothing about the pixels."""
    with contextlib.suppress(Exception):
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation in range(1, 9):
            return int(orientation)
    return 1
