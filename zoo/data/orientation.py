"""Turns pictures as their EXIF says, for a camera held upright stores them lying."""

from __future__ import annotations

import contextlib

from PIL import ExifTags, Image, ImageOps


def turn_upright(square: Image.Image, original: Image.Image) -> None:
    """Turn the square in place as the original's EXIF says, which is less work than turning the original.

    Args:
        square: what the original was stretched to, after decoding.
        original: an image as Pillow opened it.
    """
    # Damaged EXIF says nothing about the pixels, which are decoded already.
    with contextlib.suppress(Exception):
        orientation = original.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation != 1:
            square.getexif()[ExifTags.Base.Orientation] = orientation
            ImageOps.exif_transpose(square, in_place=True)
