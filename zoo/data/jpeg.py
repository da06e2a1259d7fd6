"""A fast path for ordinary JPEGs, which most images of a dataset are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import simplejpeg
from PIL import Image

from zoo.data.pictures import image_of, pixels_of, turn_upright

if TYPE_CHECKING:
    import numpy as np

_MAGIC = b"\xff\xd8\xff"
_ORDINARY = ("Gray", "YCbCr")
_APP1, _SOS = b"\xff\xe1", b"\xff\xda"  # the markers of EXIF and of the pixels


def decode_jpeg(content: bytes, size: int, channels: int, *, max_pixels: int) -> np.ndarray | None:
    """Return the pixels of an ordinary JPEG, stretched to a square and upright.

    libjpeg shrinks the image while it decodes, as long as no side gets smaller than `size`. The rest is
    mostly less than a factor of 2, where bilinear interpolation needs no antialiasing, as it reads every pixel.

    Args:
        content: a file's bytes.
        size: pixels a side of the result.
        channels: 1 for gray, 3 for RGB.
        max_pixels: the most pixels of the image.

    Returns:
        uint8 array (size, size, channels), or None where Pillow must decide: another format or colour space, a
        larger image, any damage.
    """
    if not content.startswith(_MAGIC):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
        if colours not in _ORDINARY or height * width > max_pixels:
            return None
        pixels = simplejpeg.decode_jpeg(
            content,
            colorspace="GRAY" if channels == 1 else "RGB",
            min_height=size,
            min_width=size,
            min_factor=2,  # the factors between 1 and 2 are slower than none
        )
    except ValueError:  # libjpeg warns of something or gives up
        return None
    eighths = 8 * pixels.shape[1] // width
    square = _resize(pixels, (width * eighths / 8, height * eighths / 8), size)
    return _turned(square, content) if _may_be_turned(content) else square


def _resize(pixels: np.ndarray, extent: tuple[float, float], size: int) -> np.ndarray:
    """Return the square. The image fills the pixels up to `extent`, as libjpeg rounds up what it shrinks."""
    import cv2  # slow to import, and most commands decode nothing

    width, height = extent
    if max(width, height) <= 2 * size:
        # Factors are exact and a size would be rounded; pixels beyond the extent may add a row.
        scaled = cv2.resize(pixels, None, fx=size / width, fy=size / height, interpolation=cv2.INTER_LINEAR)
        return scaled.reshape(*scaled.shape[:2], -1)[:size, :size]
    image = image_of(pixels).resize((size, size), Image.Resampling.BILINEAR, (0, 0, width, height))
    return pixels_of(image)


def _may_be_turned(content: bytes) -> bool:
    """Whether something before the pixels may be EXIF, which says how to turn the image."""
    position = 2
    while (marker := content[position : position + 2]) not in (_APP1, _SOS) and marker[:1] == b"\xff":
        position += 2 + int.from_bytes(content[position + 2 : position + 4])
    return marker != _SOS


def _turned(square: np.ndarray, content: bytes) -> np.ndarray:
    image = image_of(square)
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as original:
        turn_upright(image, original)
    return pixels_of(image)
