"""Opens an image file with Pillow, in one named format."""

from __future__ import annotations

import io
import logging
import warnings
from typing import TYPE_CHECKING

from PIL import Image, TiffImagePlugin

from zoo.data.pictures import lies_on_its_side

if TYPE_CHECKING:
    from typing import BinaryIO

# Pillow's warnings (odd EXIF, a big image) are of no use to our users. Set once and not around each call:
# warnings.catch_warnings is not safe in threads, and images are decoded in many.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


def open_image(content: bytes, kind: str) -> Image.Image:
    """Return the image in a file's bytes, its pixels not yet decoded; of several frames the first.

    Args:
        kind: the format by Pillow's name. Pillow would open more, such as EPS, which it hands to Ghostscript; an
            untrusted file must not get there.
    """
    return Image.open(io.BytesIO(content), formats=(kind,))


def read_header(file: BinaryIO, kind: str) -> tuple[int, int, bool]:
    """Return width and height of the upright image, and whether it is gray; decodes no pixels."""
    with Image.open(file, formats=(kind,)) as image:
        size = _stored_size(image)
        width, height = size[::-1] if lies_on_its_side(image) else size
        return width, height, image.mode in ("1", "L", "LA", "La") or is_wide(image)


def is_wide(image: Image.Image) -> bool:
    """Whether its gray values have more than 8 bits."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _stored_size(image: Image.Image) -> tuple[int, int]:
    # Newer versions of Pillow report the size of a TIFF turned upright, but of no other format.
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.tag_v2[TiffImagePlugin.IMAGEWIDTH], image.tag_v2[TiffImagePlugin.IMAGELENGTH]
    return image.size
