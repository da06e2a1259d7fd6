"""Decoding with the decoders of plugins: what they return is fitted, and what they raise is described."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.format_plugins.toys import encode, zoo_decoders
from tests.formats import FORMATS
from zoo.data.decode import UnreadableImage, decode_array, decode_bytes, image_header
from zoo.data.formats import Formats
from zoo.errors import ContractError, DatasetError, ZooError

if TYPE_CHECKING:
    from pathlib import Path

(TOY,) = zoo_decoders()
GREEN = np.array([[[10, 200, 30], [20, 190, 60]]], np.uint8).repeat(9, 0).repeat(8, 1)


def by_toy(**fields: Any) -> Formats:
    return Formats((), (replace(TOY, **fields),))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_decoders_array_is_fitted_as_an_array_is(channels: int) -> None:
    pixels = decode_bytes(encode(GREEN), "a.toy", 8, channels, by_toy())
    assert np.array_equal(pixels, decode_array(GREEN, 8, channels))


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3)])
def test_sixteen_bits_of_an_array_are_white_at_65535(shape: tuple[int, ...]) -> None:
    formats = by_toy(decode=lambda content: np.full(shape, 65535 * 100 // 255, np.uint16))
    assert (decode_bytes(encode(GREEN), "a.toy", 4, 3, formats) == 100).all()


def test_a_decoders_pillow_image_is_laid_on_white_and_turned() -> None:
    image = Image.fromarray(GREEN).convert("RGBA")
    image.putalpha(0)
    formats = by_toy(decode=lambda content: image)
    assert (decode_bytes(encode(GREEN), "a.toy", 4, 3, formats) == 255).all()


def test_images_without_decode_square_are_decoded() -> None:
    formats = by_toy(decode_square=lambda content, size, channels: None)
    assert np.array_equal(decode_bytes(encode(GREEN), "a.toy", 8, 3, formats), decode_array(GREEN, 8, 3))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"decode": lambda content: GREEN.astype(np.float32)},
            (
                "decoder 'toy': decode must return uint8 or uint16 of shape (height, width) or "
                "(height, width, 1 or 3), or a Pillow image, got float32 of shape (9, 16, 3)"
            ),
        ),
        (
            {"decode": lambda content: None},
            (
                "decoder 'toy': decode must return uint8 or uint16 of shape (height, width) or "
                "(height, width, 1 or 3), or a Pillow image, got NoneType"
            ),
        ),
        (
            {"decode_square": lambda content, size, channels: GREEN},
            "decoder 'toy': decode_square must return uint8 of shape (8, 8, 3) or None, got uint8 of shape (9, 16, 3)",
        ),
    ],
)
def test_a_result_that_is_no_pixels_breaks_the_contract(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError) as caught:
        decode_bytes(encode(GREEN), "a.toy", 8, 3, by_toy(**fields))
    assert str(caught.value) == message


def test_a_header_that_is_none_breaks_the_contract(tmp_path: Path) -> None:
    (tmp_path / "a.toy").write_bytes(encode(GREEN))
    with pytest.raises(
        ContractError, match=r"decoder 'toy': header must return \(width, height, is gray\), got 3"
    ):
        image_header(tmp_path / "a.toy", by_toy(header=lambda file: 3))


def failing(error: BaseException) -> Formats:
    def decode(content: bytes) -> np.ndarray:
        raise error

    return by_toy(decode=decode)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("palette"), "damaged"),
        (ZooError("needs a newer codec"), "needs a newer codec"),
        (SystemExit(1), "damaged"),
        (GeneratorExit(), "damaged"),
    ],
)
def test_an_exception_of_a_decoder_makes_the_image_unreadable(error: BaseException, reason: str) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_bytes(encode(GREEN), "a.toy", 8, 3, failing(error))
    assert (caught.value.name, caught.value.reason, caught.value.__cause__) == ("a.toy", reason, error)


def test_a_missing_package_is_no_damage() -> None:
    with pytest.raises(DatasetError, match=r"'a\.toy' needs nowhere, which is not installed") as caught:
        decode_bytes(encode(GREEN), "a.toy", 8, 3, by_toy(package="nowhere"))
    assert not isinstance(caught.value, UnreadableImage)


def test_a_file_that_is_no_image_is_refused_with_the_formats() -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_bytes(b"hello", "notes.txt", 8, 3, FORMATS)
    assert str(caught.value) == (
        "cannot read the image 'notes.txt': not an image; "
        "zoo reads .jpg, .jpeg, .png, .webp, .bmp, .gif, .tif, .tiff"
    )
