"""Decodes an image of any colour mode and size into uint8 pixels of the size of a network's input."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from zoo.data.formats import require_package
from zoo.data.pictures import image_of, pixels_of, turn_upright
from zoo.data.pillow_images import is_wide
from zoo.errors import ContractError, DatasetError, ZooError, reason_of, text_of
from zoo.interfaces import LONGEST_MAGIC

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.formats import Formats
    from zoo.interfaces import Decoder

WHITE_16 = 65535.0
LARGE = 50_000_000  # pixels; Pillow takes 4 bytes for each, and several threads decode
NO_IMAGE = "not an image"

_one_at_a_time = threading.Lock()  # where an image is large
_ADVICE = {"no such file or directory": "check the path", "is a directory": "name the files in it"}


class UnreadableImage(DatasetError):
    """An image cannot be decoded. `name` is the image's, `reason` a few words."""

    def __init__(self, name: str, reason: str, formats: Formats | None = None) -> None:
        self.name, self.reason = name, reason
        advice = _ADVICE.get(reason, "replace or remove it")
        if reason == NO_IMAGE and formats is not None:
            advice = f"zoo reads {', '.join(formats.image_suffixes)}"
        super().__init__(f"cannot read the image '{name}': {reason}; {advice}")


def decode_file(path: Path, size: int, channels: int, formats: Formats) -> np.ndarray:
    """Return the pixels of an image file, for training and predicting alike.

    EXIF orientation is applied, transparent parts become white, 16 bits are scaled to 8, and the image is
    stretched to a square with bilinear, antialiased resizing.

    Args:
        path: a file in one of `formats`; only the first frame is used.
        size: pixels a side of the result.
        channels: 1 for gray, 3 for RGB.

    Returns:
        uint8 array (size, size, channels).

    Raises:
        UnreadableImage: the file is missing, empty, damaged, too large or no image.
        DatasetError: the package that its decoder needs is not installed.
        ContractError: its decoder does not return pixels.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(str(path), reason_of(error)) from error
    return decode_bytes(content, str(path), size, channels, formats)


def decode_bytes(content: bytes, name: str, size: int, channels: int, formats: Formats) -> np.ndarray:
    """Like `decode_file`, from the file's bytes; `name` is its name or path."""
    if not content:
        raise UnreadableImage(name, "zero bytes")
    decoder = _require_decoder(name, content, formats)
    try:
        if decoder.decode_square is not None:
            square = decoder.decode_square(content, size, channels)
            if square is not None:
                return _require_square(decoder, square, size, channels)
        decoded = decoder.decode(content)
        if isinstance(decoded, Image.Image):
            return _fit_opened(decoded, size, channels)
        return pixels_of(_fit(image_of(_require_pixels(decoder, decoded)), size, channels))
    except (ContractError, KeyboardInterrupt):
        raise
    except BaseException as error:  # decoders raise nearly anything for damaged bytes
        raise UnreadableImage(name, _reason(error), formats) from error


def decode_array(array: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Like `decode_file`, from uint8 pixels (height, width), (height, width, 1) or (height, width, 3)."""
    if array.size == 0:
        raise UnreadableImage(f"array of shape {array.shape}", "no pixels")
    return pixels_of(_fit(image_of(array), size, channels))


def image_header(path: Path, formats: Formats) -> tuple[int, int, bool]:
    """Return width and height of the upright image, and whether it is gray; decodes no pixels.

    Raises:
        UnreadableImage: the file is missing, empty or no image.
        DatasetError: the package that its decoder needs is not installed.
        ContractError: its decoder does not return a header.
    """
    try:
        with path.open("rb") as file:
            return read_header(file, str(path), formats)
    except OSError as error:
        raise UnreadableImage(str(path), reason_of(error)) from error


def read_header(file: BinaryIO, name: str, formats: Formats) -> tuple[int, int, bool]:
    """Like `image_header`, from an open file; `name` is its name or path."""
    decoder = _require_decoder(name, file.read(LONGEST_MAGIC), formats)
    file.seek(0)
    try:
        header = decoder.header(file)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # as in decode_bytes
        raise UnreadableImage(name, _reason(error), formats) from error
    return _require_header(decoder, header)


def _require_decoder(name: str, content: bytes, formats: Formats) -> Decoder:
    decoder = formats.decoder_of(name, content)
    if decoder is None:
        raise UnreadableImage(name, NO_IMAGE, formats)
    if decoder.package:
        require_package(decoder, name)
    return decoder


# The contract of a decoder --------------------------------------------------------------------------------


def _require_square(decoder: Decoder, square: object, size: int, channels: int) -> np.ndarray:
    if (
        not isinstance(square, np.ndarray)
        or square.shape != (size, size, channels)
        or square.dtype != np.uint8
    ):
        raise ContractError(
            f"decoder '{decoder.name}': decode_square must return uint8 of shape {(size, size, channels)} or None, "
            f"got {_kind_of(square)}"
        )
    return square


def _require_pixels(decoder: Decoder, pixels: object) -> np.ndarray:
    """Return the pixels with 8 bits."""
    if (
        not isinstance(pixels, np.ndarray)
        or pixels.dtype not in (np.uint8, np.uint16)
        or pixels.ndim not in (2, 3)
        or pixels.shape[2:] not in ((), (1,), (3,))
        or not pixels.size
    ):
        raise ContractError(
            f"decoder '{decoder.name}': decode must return uint8 or uint16 of shape (height, width) or "
            f"(height, width, 1 or 3), or a Pillow image, got {_kind_of(pixels)}"
        )
    return pixels if pixels.dtype == np.uint8 else scale_to_8_bits(pixels.astype(np.float64), 0.0, WHITE_16)


def _require_header(decoder: Decoder, header: object) -> tuple[int, int, bool]:
    if not (
        isinstance(header, tuple)
        and [type(value) for value in header] == [int, int, bool]
        and min(header[:2]) >= 1
    ):
        raise ContractError(
            f"decoder '{decoder.name}': header must return (width, height, is gray), got {header!r}"
        )
    return header


def _kind_of(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return type(value).__name__


# Pixels ---------------------------------------------------------------------------------------------------


def _fit_opened(image: Image.Image, size: int, channels: int) -> np.ndarray:
    """Return the pixels of an image that Pillow may not have decoded yet."""
    with image:
        with _one_at_a_time if image.width * image.height > LARGE else contextlib.nullcontext():
            image.load()
            fitted = _fit(image, size, channels)
        turn_upright(fitted, image)
        return pixels_of(fitted)


def _fit(image: Image.Image, size: int, channels: int) -> Image.Image:
    """Return the image stretched to a square, in mode L or RGB."""
    resized = _without_exotic_modes(image).resize((size, size), Image.Resampling.BILINEAR)
    mode = "L" if channels == 1 else "RGB"
    return resized if resized.mode == mode else resized.convert(mode)


def _without_exotic_modes(image: Image.Image) -> Image.Image:
    """Return the image in mode L or RGB, where resizing averages colours."""
    if is_wide(image):
        return Image.fromarray(_to_8_bits(np.asarray(image), declared_16=image.mode.startswith("I;16")))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image  # without the copy that convert makes
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_8_bits(values: np.ndarray, *, declared_16: bool) -> np.ndarray:
    wide = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    whole = (
        (0.0, WHITE_16) if declared_16 else usual_range(float(wide.min()), float(wide.max()), values.dtype)
    )
    return scale_to_8_bits(wide, *whole)


def usual_range(low: float, high: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the values of black and white, where nothing declares them: the smallest usual range that contains
    `low` and `high`; values outside all of them are stretched from their minimum to their maximum."""
    if low < 0:
        return low, high
    ranges = (1.0, 255.0, WHITE_16) if dtype.kind == "f" else (255.0, WHITE_16)
    return 0.0, next((limit for limit in ranges if high <= limit), high)


def scale_to_8_bits(wide: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return finite values from `low` to `high` as uint8 0-255."""
    scaled: np.ndarray = np.rint((wide - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8)
    return scaled


def _reason(error: BaseException) -> str:
    """Return a few words for an exception of a decoder."""
    text = text_of(error)
    if isinstance(error, ZooError):
        return text
    if isinstance(error, UnidentifiedImageError):
        return NO_IMAGE
    if isinstance(error, EOFError) or "truncated" in text.lower():
        return "truncated"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels"
    if isinstance(error, MemoryError):
        return "needs too much memory"
    if isinstance(error, OSError) and error.errno is not None:
        return reason_of(error)
    return "damaged"
