"""Decoding: colour modes, orientation, sizes, and whatever damage a file can have."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.formats import FORMATS
from zoo.data import decode
from zoo.data.decode import UnreadableImage, decode_array, decode_bytes, decode_file, image_header

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # pytest undoes the filter that zoo.data.decode sets

GRADIENT = np.linspace(0, 255, 32 * 32).reshape(32, 32)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
FUZZED = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(image: Image.Image, channels: int = 3, kind: str = "PNG", **options: object) -> np.ndarray:
    return decode_bytes(encoded(image, kind, **options), "image", image.size[0], channels, FORMATS)


def gradient(mode: str = "RGB") -> Image.Image:
    return Image.fromarray(GRADIENT.astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA"])
def test_every_common_mode_becomes_uint8_of_the_asked_shape(mode: str, channels: int) -> None:
    pixels = decoded(gradient(mode), channels)
    assert (pixels.shape, pixels.dtype) == ((32, 32, channels), np.uint8)


def test_gray_is_the_same_in_all_three_channels() -> None:
    pixels = decoded(gradient("L"), 3)
    assert np.array_equal(pixels, np.repeat(GRADIENT.astype(np.uint8)[:, :, None], 3, axis=2))


def test_palette_colours_are_looked_up() -> None:
    red = Image.new("RGB", (4, 4), (250, 10, 20)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert decoded(red)[0, 0].tolist() == [250, 10, 20]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(mode: str) -> None:
    clear = Image.new(mode, (4, 4), (0,) * len(mode))
    assert decoded(clear).min() == 255


def test_a_transparent_palette_entry_becomes_white() -> None:
    clear = Image.new("P", (4, 4), 0)
    clear.putpalette([10, 20, 30])
    assert decoded(clear, kind="GIF", transparency=0).min() == 255


def test_half_transparent_black_becomes_mid_gray() -> None:
    assert decoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)))[0, 0].tolist() == [127, 127, 127]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    wide = Image.fromarray(np.rint(GRADIENT * 257).astype(np.uint16))
    assert np.abs(decoded(wide, 1, kind)[:, :, 0] - GRADIENT).max() <= 1


@pytest.mark.parametrize("largest", [1.0, 255.0, 65535.0, 3e6])
def test_float_pixels_are_scaled_from_the_range_that_holds_them(largest: float) -> None:
    wide = Image.fromarray((GRADIENT / 255 * largest).astype(np.float32))
    assert np.abs(decoded(wide, 1, "TIFF")[:, :, 0] - GRADIENT).max() <= 1


def test_negative_floats_are_stretched_from_minimum_to_maximum() -> None:
    wide = Image.fromarray((GRADIENT - 100).astype(np.float32))
    assert np.abs(decoded(wide, 1, "TIFF")[:, :, 0] - GRADIENT).max() <= 1


def test_integer_pixels_of_32_bits_keep_their_16_bit_range() -> None:
    wide = Image.fromarray(np.rint(GRADIENT * 257).astype(np.int32))
    assert np.abs(decoded(wide, 1, "TIFF")[:, :, 0] - GRADIENT).max() <= 1


def test_cmyk_becomes_rgb() -> None:
    cyan = decoded(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), kind="JPEG", quality=95)
    assert np.abs(cyan[8, 8].astype(int) - [0, 255, 255]).max() < 6


def test_exif_orientation_is_applied() -> None:
    image = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 2, axis=0))
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    assert decoded(image, 1, exif=exif)[0, :, 0].tolist() == [255, 0]


def test_damaged_exif_does_not_cost_the_image() -> None:
    assert decoded(gradient(), kind="JPEG", exif=b"Exif\x00\x00nonsense").shape == (32, 32, 3)


def test_an_oblong_image_is_stretched_to_a_square() -> None:
    halves = np.repeat(np.array([[0, 255]], np.uint8), 8, axis=1).reshape(1, 16).repeat(4, axis=0)
    pixels = decode_array(halves, 4, 1)[:, :, 0]
    assert pixels[:, 0].max() < 64 < 192 < pixels[:, 3].min()


def test_shrinking_averages_and_does_not_pick_pixels() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert np.abs(decode_array(checks, 8, 1).astype(int) - 127).max() <= 2


def test_a_jpeg_shrunk_while_decoding_is_close_to_one_shrunk_after(tmp_path: Path) -> None:
    big = gradient().resize((1024, 1024), Image.Resampling.BICUBIC)
    path = tmp_path / "big.jpg"
    big.save(path, quality=95)
    with Image.open(path) as image:
        full = np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.BILINEAR))
    assert np.abs(decode_file(path, 64, 3, FORMATS).astype(int) - full).mean() < 2


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_of_each_allowed_shape_are_decoded(shape: tuple[int, ...], channels: int) -> None:
    assert decode_array(np.ones(shape, np.uint8), 6, channels).shape == (6, 6, channels)


def test_an_array_of_the_asked_size_keeps_its_pixels() -> None:
    array = GRADIENT.astype(np.uint8)
    assert np.array_equal(decode_array(array, 32, 1)[:, :, 0], array)


def test_an_empty_array_is_unreadable() -> None:
    with pytest.raises(UnreadableImage, match="no pixels"):
        decode_array(np.zeros((0, 4), np.uint8), 8, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "zero bytes"),
        (b"hello, this is text", "not an image"),
        (encoded(NOISE)[:2000], "truncated"),
        (encoded(NOISE, "JPEG")[:1000], "truncated"),
    ],
)
def test_damage_is_described_in_a_few_words(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_bytes(content, "photo.png", 8, 3, FORMATS)
    assert caught.value.reason == reason


def test_the_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(UnreadableImage) as caught:
        decode_file(path, 8, 3, FORMATS)
    assert str(caught.value) == f"cannot read the image '{path}': zero bytes; replace or remove it"


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="no such file"):
        decode_file(tmp_path / "gone.png", 8, 3, FORMATS)


def test_a_folder_named_like_an_image_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="is a directory"):
        decode_file(tmp_path, 8, 3, FORMATS)


def test_a_decompression_bomb_is_unreadable() -> None:
    content = encoded(Image.new("1", (16000, 12000)))
    with pytest.raises(UnreadableImage, match="too many pixels"):
        decode_bytes(content, "bomb.png", 8, 1, FORMATS)


def test_postscript_never_reaches_ghostscript() -> None:
    with pytest.raises(UnreadableImage, match="not an image"):
        decode_bytes(encoded(gradient(), "EPS"), "page.png", 8, 3, FORMATS)


@pytest.mark.parametrize("kind", FUZZED)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
@given(
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    keep=st.floats(0, 1),
    cut=st.booleans(),
)
def test_damaged_bytes_decode_or_are_unreadable(
    kind: str, flips: list[tuple[float, int]], keep: float, cut: bool
) -> None:
    content = bytearray(encoded(NOISE, kind))
    for place, value in flips:
        content[int(place * len(content))] = value
    damaged = bytes(content[: int(keep * len(content))] if cut else content)
    with contextlib.suppress(UnreadableImage):
        assert decode_bytes(damaged, "image", 8, 3, FORMATS).shape == (8, 8, 3)


@pytest.mark.parametrize("kind", FUZZED)
def test_each_damaged_header_byte_decodes_or_is_unreadable(kind: str) -> None:
    content = encoded(gradient(), kind)
    for place in range(min(len(content), 120)):
        for value in (0, 127, 255):
            damaged = content[:place] + bytes([value]) + content[place + 1 :]
            with contextlib.suppress(UnreadableImage):
                decode_bytes(damaged, "image", 8, 3, FORMATS)


def test_nothing_is_written_to_stderr(tmp_path: Path) -> None:
    """In a process of its own: pytest changes the warning filters."""
    Image.new("1", (12000, 9000)).save(
        tmp_path / "large.png"
    )  # Pillow warns of a bomb from 89 million pixels on
    content = encoded(gradient(), "TIFF")
    (tmp_path / "cut.tif").write_bytes(content[: len(content) - 30])
    gradient().save(tmp_path / "exif.jpg", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff")
    script = (
        "import sys, pathlib\n"
        "from zoo.plugins import load_plugins\n"
        "from zoo.data.decode import decode_file, UnreadableImage\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try: decode_file(path, 8, 3, load_plugins().formats)\n"
        "    except UnreadableImage: pass\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""


@pytest.mark.parametrize(("mode", "is_gray"), [("L", True), ("1", True), ("I;16", True), ("RGB", False)])
def test_the_header_contains_size_and_colour(tmp_path: Path, mode: str, is_gray: bool) -> None:
    path = tmp_path / "image.png"
    Image.new(mode, (7, 5)).save(path)
    assert image_header(path, FORMATS) == (7, 5, is_gray)


@pytest.mark.parametrize(("kind", "pixels"), [("JPEG", b"\xff\xda"), ("PNG", b"IDAT")])
def test_the_header_is_read_without_decoding(tmp_path: Path, kind: str, pixels: bytes) -> None:
    path = tmp_path / "image"
    content = encoded(gradient(), kind)
    path.write_bytes(content[: content.index(pixels) + 20])  # hardly anything after the headers
    assert image_header(path, FORMATS) == (32, 32, False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_header_contains_the_size_of_the_upright_image(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (7, 5)).save(tmp_path / "image", kind, exif=exif)
    assert image_header(tmp_path / "image", FORMATS) == ((5, 7, False) if orientation > 4 else (7, 5, False))


def test_damaged_exif_does_not_cost_the_header(tmp_path: Path) -> None:
    Image.new("RGB", (7, 5)).save(tmp_path / "image", "JPEG", exif=b"Exif\x00\x00nonsense")
    assert image_header(tmp_path / "image", FORMATS) == (7, 5, False)


def test_a_header_that_is_none_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("hello")
    with pytest.raises(UnreadableImage):
        image_header(path, FORMATS)


def test_every_suffix_is_that_of_its_decoder() -> None:
    kinds = Image.registered_extensions()
    for decoder in FORMATS.decoders:
        assert {kinds[suffix] for suffix in decoder.suffixes} == {decoder.name.upper()}


def as_jpeg(width: int, height: int) -> Image.Image:
    """Smooth waves, encoded so well that only the way of decoding makes a difference."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 17), np.cos(y / 13), np.sin((x + y) / 23)], axis=2)
    return Image.fromarray(np.rint(127.5 + 127 * waves).astype(np.uint8))


@pytest.mark.parametrize(("width", "height"), [(260, 200), (201, 201), (199, 400), (97, 96), (777, 130)])
@pytest.mark.parametrize("size", [24, 64, 96])
def test_a_jpeg_shrunk_while_decoding_looks_like_one_decoded_in_full(
    width: int, height: int, size: int
) -> None:
    image = as_jpeg(width, height)
    full = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR)).astype(int)
    pixels = decode_bytes(encoded(image, "JPEG", quality=98, subsampling=0), "image", size, 3, FORMATS)
    assert np.abs(pixels - full).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_as_pillow_turns_it(orientation: int) -> None:
    image = as_jpeg(40, 24)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(image, "PNG", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    expected = np.asarray(upright.resize((16, 16), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(decode_bytes(content, "image", 16, 3, FORMATS) - expected).max() <= 1


def test_large_images_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "LARGE", 32 * 32 - 1)
    content, started, ended = encoded(NOISE), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        decode_bytes(content, "image", 8, 3, FORMATS)
        ended.set()

    with decode._one_at_a_time:
        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        assert not ended.wait(0.1)
    thread.join()
    assert ended.is_set()
