"""The fast path for ordinary JPEGs: which it accepts, which it leaves to Pillow, and that both decode the same."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

from tests.formats import FORMATS
from zoo.data.decode import UnreadableImage, decode_bytes
from zoo.data.jpeg import decode_jpeg

PHOTO = Image.fromarray(load_sample_images().images[0])  # 640×427
PLENTY = 10_000_000


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quick(content: bytes, size: int = 32, channels: int = 3) -> np.ndarray | None:
    return decode_jpeg(content, size, channels, max_pixels=PLENTY)


def stretched(image: Image.Image, size: int, mode: str = "RGB") -> np.ndarray:
    """By Pillow alone, from all pixels."""
    return np.asarray(image.convert(mode).resize((size, size), Image.Resampling.BILINEAR)).astype(int)


def rotated(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 2}])
@pytest.mark.parametrize("size", [16, 96, 224, 500])
def test_a_photo_looks_as_pillow_shrinks_it(options: dict[str, object], size: int) -> None:
    content = encoded(PHOTO, quality=95, **options)
    pixels = quick(content, size)
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == ((size, size, 3), np.uint8)
    assert np.abs(pixels - stretched(Image.open(io.BytesIO(content)), size)).mean() < 4


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [32, 400])
def test_gray_and_colour_become_either(mode: str, channels: int, size: int) -> None:
    content = encoded(PHOTO.convert(mode), quality=95)
    pixels = quick(content, size, channels)
    assert pixels is not None
    assert pixels.shape == (size, size, channels)
    expected = stretched(PHOTO.convert(mode), size, "L" if channels == 1 else "RGB").reshape(pixels.shape)
    assert np.abs(pixels - expected).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_photo_is_turned_as_its_exif_says(orientation: int, mode: str) -> None:
    image = PHOTO.crop((0, 0, 200, 120)).convert(mode)
    content = encoded(image, quality=95, exif=rotated(orientation))
    pixels = quick(content, 48, len(mode))
    assert pixels is not None
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert np.abs(pixels - stretched(upright, 48, mode).reshape(pixels.shape)).mean() < 4


def with_app1(content: bytes, payload: bytes) -> bytes:
    """With one more segment, before the quantization tables."""
    place = content.index(b"\xff\xdb")
    return content[:place] + b"\xff\xe1" + (len(payload) + 2).to_bytes(2) + payload + content[place:]


def test_exif_behind_other_segments_counts() -> None:
    profile = b"\xff\xda\xff\xe0" * 5000  # looks like markers, and comes before EXIF
    content = encoded(PHOTO.crop((0, 0, 64, 64)), icc_profile=profile)
    exif = b"Exif\0\0" + rotated(3).tobytes().removeprefix(b"Exif\0\0")
    straight, turned = quick(content), quick(with_app1(content, exif))
    assert straight is not None
    assert turned is not None
    assert np.array_equal(turned, straight[::-1, ::-1])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(PHOTO.convert("CMYK")), id="CMYK"),
        pytest.param(encoded(PHOTO, "PNG"), id="another format"),
        pytest.param(encoded(PHOTO)[:-1000], id="cut"),
        pytest.param(encoded(PHOTO)[:20], id="hardly begun"),
        pytest.param(b"\xff\xd8\xff", id="magic alone"),
        pytest.param(encoded(PHOTO).replace(b"\xff\xda", b"\xff\xda" + b"\x00" * 8, 1), id="damaged"),
    ],
)
def test_the_rest_is_left_to_pillow(content: bytes) -> None:
    assert quick(content) is None


def test_a_large_photo_is_left_to_pillow() -> None:
    content = encoded(PHOTO)
    assert decode_jpeg(content, 32, 3, max_pixels=PHOTO.width * PHOTO.height) is not None
    assert decode_jpeg(content, 32, 3, max_pixels=PHOTO.width * PHOTO.height - 1) is None


def damaged() -> bytes:
    content = bytearray(encoded(PHOTO, quality=95))
    content[5000:5010] = b"\xff\xd3garbage!"  # a restart where there is none
    return bytes(content)


def test_damage_that_pillow_can_read_is_read() -> None:
    assert quick(damaged()) is None
    assert decode_bytes(damaged(), "photo.jpg", 32, 3, FORMATS).shape == (32, 32, 3)


def test_no_damage_is_printed_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(action="error"):
        decode_bytes(damaged(), "photo.jpg", 32, 3, FORMATS)
        with pytest.raises(UnreadableImage, match=r"'photo.jpg': truncated"):
            decode_bytes(encoded(PHOTO)[:-3000], "photo.jpg", 32, 3, FORMATS)
    assert capfd.readouterr() == ("", "")
