"""One image, whatever its colour mode and size, becomes uint8 pixels of the size that a model takes."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from zoo.data.jpeg import decode_jpeg
from zoo.data.pictures import image_of, lies_on_its_side, pixels_of, turn_upright
from zoo.errors import DatasetError, reason_of

if TYPE_CHECKING:
    from pathlib import Path

# Pillow would open more, such as EPS, which it hands to Ghostscript; a stranger's file must not get there.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
LARGE = 50_000_000  # pixels; Pillow takes 4 bytes for each, and several threads decode
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# What Pillow warns of (odd EXIF, a big image) is of no use to our users. Set once and not around each call:
# warnings.catch_warnings is not safe in threads, and images are decoded in many.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


_one_at_a_time = threading.Lock()  # where an image is large
_ADVICE = {"no such file or directory": "check the path", "is a directory": "name the files in it"}


class UnreadableImage(DatasetError):
    """An image cannot be decoded. `name` says which, `reason` why, in a few words."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        advice = _ADVICE.get(reason, "replace it or take it away")
        super().__init__(f"cannot read the image '{name}': {reason}; {advice}")


def decode_file(path: Path, size: int, channels: int) -> np.ndarray:
    """The pixels of an image file, for training and predicting alike.

    EXIF orientation is applied, transparent parts become white, 16 bits are scaled to 8, and the image is
    stretched to a square with bilinear, antialiased resizing.

    Args:
        path: a file in one of `FORMATS`; the first frame counts.
        size: pixels a side of the result.
        channels: 1 for gray, 3 for RGB.

    Returns:
        uint8 array (size, size, channels).

    Raises:
        UnreadableImage: the file is missing, empty, damaged, too large or no image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(str(path), reason_of(error)) from error
    return decode_bytes(content, str(path), size, channels)


def decode_bytes(content: bytes, name: str, size: int, channels: int) -> np.ndarray:
    """As `decode_file`, from the file's bytes; `name` is what an error calls the image."""
    if not content:
        raise UnreadableImage(name, "zero bytes")
    try:
        quick = decode_jpeg(content, size, channels, max_pixels=LARGE)
        if quick is not None:
            return quick
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            with _one_at_a_time if image.width * image.height > LARGE else contextlib.nullcontext():
                image.load()
                fitted = _fit(image, size, channels)
            turn_upright(fitted, image)
            return pixels_of(fitted)
    except Exception as error:  # Pillow's decoders raise nearly anything for damaged bytes
        raise UnreadableImage(name, _reason(error)) from error


def decode_array(array: np.ndarray, size: int, channels: int) -> np.ndarray:
    """As `decode_file`, from uint8 pixels (height, width), (height, width, 1) or (height, width, 3)."""
    if array.size == 0:
        raise UnreadableImage(f"array of shape {array.shape}", "no pixels")
    return pixels_of(_fit(image_of(array), size, channels))


def image_header(path: Path) -> tuple[int, int, bool]:
    """Width and height of the upright image, and whether it is gray; decodes no pixels.

    Raises:
        UnreadableImage: the file is missing, empty or no image.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size[::-1] if lies_on_its_side(image) else image.size
            return width, height, image.mode in ("1", "L", "LA", "La") or _is_wide(image)
    except Exception as error:  # as in decode_bytes
        raise UnreadableImage(str(path), _reason(error)) from error


def _fit(image: Image.Image, size: int, channels: int) -> Image.Image:
    """Stretched to a square, in mode L or RGB."""
    resized = _without_exotic_modes(image).resize((size, size), Image.Resampling.BILINEAR)
    mode = "L" if channels == 1 else "RGB"
    return resized if resized.mode == mode else resized.convert(mode)


def _without_exotic_modes(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB, on which resizing means averaging colours."""
    if _is_wide(image):
        return Image.fromarray(_to_8_bits(np.asarray(image), declared_16=image.mode.startswith("I;16")))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image  # without the copy that convert makes
    return image.convert("L" if image.mode == "1" else "RGB")


def _is_wide(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _to_8_bits(values: np.ndarray, *, declared_16: bool) -> np.ndarray:
    wide = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    whole = (0.0, 65535.0) if declared_16 else usual_range(float(wide.min()), float(wide.max()), values.dtype)
    return scale_to_8_bits(wide, *whole)


def usual_range(low: float, high: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    """What black and white are, where nothing declares it: the smallest usual range that holds the values from
    `low` to `high`; values outside all of them are stretched from their minimum to their maximum."""
    if low < 0:
        return low, high
    ranges = (1.0, 255.0, 65535.0) if dtype.kind == "f" else (255.0, 65535.0)
    return 0.0, next((limit for limit in ranges if high <= limit), high)


def scale_to_8_bits(wide: np.ndarray, low: float, high: float) -> np.ndarray:
    """Finite values from `low` to `high` as uint8 0-255."""
    scaled: np.ndarray = np.rint((wide - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8)
    return scaled


def _reason(error: Exception) -> str:
    """A few words for what Pillow raised."""
    text = str(error)
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(error, EOFError) or "truncated" in text.lower():
        return "truncated"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels"
    if isinstance(error, MemoryError):
        return "needs too much memory"
    if isinstance(error, OSError) and error.errno is not None:
        return reason_of(error)
    return "damaged"
