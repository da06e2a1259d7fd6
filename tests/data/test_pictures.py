"""Conversions between arrays of pixels and Pillow's images, and their orientation."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from zoo.data.pictures import image_of, lies_on_its_side, pixels_of, turn_upright

WIDE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def turned(orientation: int, file_format: str = "JPEG") -> Image.Image:
    """An image of 4×4 pixels whose EXIF has this orientation, as Pillow opens it; its upper half is white."""
    pixels = np.zeros((4, 4), np.uint8)
    pixels[:2] = 255
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, file_format, exif=exif)
    return Image.open(file)


@pytest.mark.parametrize(
    ("shape", "mode"), [((2, 3), "L"), ((2, 3, 1), "L"), ((2, 3, 3), "RGB")], ids=["flat", "gray", "colour"]
)
def test_an_image_has_the_mode_of_its_channels(shape: tuple[int, ...], mode: str) -> None:
    image = image_of(np.zeros(shape, np.uint8))
    assert (image.mode, image.size) == (mode, (3, 2))


@pytest.mark.parametrize("pixels", [WIDE, WIDE[:, :, :1]], ids=["colour", "gray"])
def test_pixels_survive_the_way_there_and_back(pixels: np.ndarray) -> None:
    assert np.array_equal(pixels_of(image_of(pixels)), pixels)


@pytest.mark.parametrize(("orientation", "white"), [(1, "upper"), (3, "lower"), (6, "right"), (8, "left")])
def test_a_square_is_turned_as_the_original_says(orientation: int, white: str) -> None:
    original = turned(orientation)
    square = original.copy()
    turn_upright(square, original)
    pixels = np.asarray(square).astype(int)
    halves = {"upper": pixels[:2], "lower": pixels[2:], "left": pixels[:, :2], "right": pixels[:, 2:]}
    assert max(halves, key=lambda half: halves[half].mean()) == white


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "expected"), [(1, False), (3, False), (5, True), (8, True), (9, False)]
)
def test_an_image_lies_on_its_side_from_orientation_5_on(
    file_format: str, orientation: int, expected: bool
) -> None:
    assert lies_on_its_side(turned(orientation, file_format)) is expected


def test_an_image_without_exif_is_upright() -> None:
    assert not lies_on_its_side(Image.new("L", (2, 3)))
