"""Image formats and colour modes beside those in test_decode.py."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.decode import UnreadableImage, decode_bytes

pytestmark = pytest.mark.filterwarnings("ignore")  # pytest undoes the filter that zoo.data.decode sets

LOSSLESS = ("PNG", "BMP", "TIFF", "WEBP")
QUARTERS = (
    np.array([[[200, 30, 40], [20, 190, 60]], [[30, 50, 210], [240, 220, 10]]], np.uint8)
    .repeat(8, 0)
    .repeat(8, 1)
)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners(content: bytes, channels: int = 3) -> list[list[int]]:
    """The middle of the four quarters."""
    pixels = decode_bytes(content, "image", 16, channels, FORMATS)
    return [pixels[y, x].tolist() for y in (4, 12) for x in (4, 12)]


COLOURS = [QUARTERS[y, x].tolist() for y in (4, 12) for x in (4, 12)]


@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_lossless_format_keeps_every_colour(kind: str) -> None:
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    assert corners(encoded(Image.fromarray(QUARTERS), kind, **options)) == COLOURS


@pytest.mark.parametrize(
    "options",
    [{"kind": "JPEG", "quality": 95}, {"kind": "JPEG", "quality": 95, "progressive": True}, {"kind": "WEBP"}],
    ids=["JPEG", "progressive JPEG", "WebP"],
)
def test_a_lossy_format_keeps_colours_nearly(options: dict[str, object]) -> None:
    decoded = corners(encoded(Image.fromarray(QUARTERS), **options))  # type: ignore[arg-type]
    assert np.abs(np.array(decoded) - COLOURS).max() < 16


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "BMP"])
def test_palette_colours_are_looked_up(kind: str) -> None:
    image = Image.fromarray(QUARTERS).convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    assert np.abs(np.array(corners(encoded(image, kind))) - COLOURS).max() < 4


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_counts(kind: str) -> None:
    red, blue = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(red, kind, save_all=True, append_images=[blue], **options)
    assert corners(content) == [[255, 0, 0]] * 4


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_tiff_is_read_however_it_is_compressed(compression: str) -> None:
    decoded = corners(encoded(Image.fromarray(QUARTERS), "TIFF", compression=compression))
    assert np.abs(np.array(decoded) - COLOURS).max() < (60 if compression == "jpeg" else 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_one_bit_is_black_and_white(kind: str) -> None:
    image = Image.fromarray(QUARTERS[:, :, 0] > 100)
    assert corners(encoded(image, kind), channels=1) == [[255], [0], [0], [255]]


def test_gray_with_alpha_is_laid_on_white() -> None:
    image = Image.merge("LA", (Image.new("L", (16, 16), 100), Image.fromarray(QUARTERS[:, :, 1])))
    wanted = [round((100 * alpha + 255 * (255 - alpha)) / 255) for _, alpha, _ in COLOURS]
    decoded = [corner[0] for corner in corners(encoded(image, "PNG"), channels=1)]
    assert np.abs(np.array(decoded) - wanted).max() <= 1


def test_sixteen_bits_of_a_big_endian_tiff_are_scaled() -> None:
    values = (QUARTERS[:, :, 0].astype(np.uint16) * 257).astype(">u2")
    content = big_endian_tiff(values)
    assert [corner[0] for corner in corners(content, channels=1)] == [colour[0] for colour in COLOURS]


def big_endian_tiff(values: np.ndarray) -> bytes:
    """The smallest TIFF of one gray strip; TIFF 6.0, section 2."""
    height, width = values.shape
    tags = [(256, width), (257, height), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, height)]
    entries = [struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in tags]
    entries.append(struct.pack(">HHII", 279, 4, 1, values.nbytes))
    directory = struct.pack(">H", len(entries)) + b"".join(entries) + bytes(4)
    return b"MM\0*" + struct.pack(">I", 8 + values.nbytes) + values.tobytes() + directory


@pytest.mark.parametrize("transform", [0, 2], ids=["CMYK", "YCCK"])
def test_inks_of_a_jpeg_become_colours(transform: int) -> None:
    """Adobe's marker says how the four channels are stored, and that they are inverted."""
    content = encoded(Image.fromarray(QUARTERS).convert("CMYK"), "JPEG", quality=98, subsampling=0)
    place = content.index(b"Adobe") + 11
    if transform == 2:  # what were inks is now read as Y, Cb, Cr of the same inverted inks
        content = content[:place] + bytes([2]) + content[place + 1 :]
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == "CMYK"
        inks = 255 - np.asarray(image).astype(int)
    black = inks[:, :, 3:] / 255
    wanted = [(inks[y, x, :3] * black[y, x]).round() for y in (4, 12) for x in (4, 12)]
    assert np.abs(np.array(corners(content)) - wanted).max() <= 3


def test_the_colours_of_a_cmyk_tiff_are_those_of_its_rgb() -> None:
    decoded = corners(encoded(Image.fromarray(QUARTERS).convert("CMYK"), "TIFF"))
    assert np.abs(np.array(decoded) - COLOURS).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "order"),
    [
        (2, [1, 0, 3, 2]),
        (3, [3, 2, 1, 0]),
        (4, [2, 3, 0, 1]),
        (5, [0, 2, 1, 3]),
        (6, [2, 0, 3, 1]),
        (8, [1, 3, 0, 2]),
    ],
)
def test_every_orientation_is_turned_upright(kind: str, orientation: int, order: list[int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 98} if kind in ("JPEG", "WEBP") else {}
    decoded = corners(encoded(Image.fromarray(QUARTERS), kind, exif=exif, **options))
    assert np.abs(np.array(decoded) - np.array(COLOURS)[order]).max() < 24


def test_more_pixels_than_pillow_thinks_safe_are_refused() -> None:
    """Its limit is two times 89,478,485, a quarter of a GiB of RGB."""
    limit = 2 * Image.MAX_IMAGE_PIXELS  # type: ignore[operator]
    assert limit == 178_956_970
    with pytest.raises(UnreadableImage, match="too many pixels"):
        decode_bytes(bitmap(limit // 10_000 + 1, 10_000), "bomb.bmp", 8, 1, FORMATS)


def test_a_bomb_is_refused_by_its_header() -> None:
    """There is nothing behind the header, so looking at a pixel would find it truncated."""
    with pytest.raises(UnreadableImage, match="too many pixels"):
        decode_bytes(bitmap(100_000, 100_000), "bomb.bmp", 8, 1, FORMATS)


def bitmap(width: int, height: int) -> bytes:
    """The headers of a BMP of one bit a pixel."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 62, 0, 0, 62) + header + bytes(8)
