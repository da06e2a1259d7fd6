"""Each check of a decoder finds its faults."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.format_plugins.toys import decode, encode, zoo_decoders
from zoo.errors import ContractError
from zoo.testing import DECODER_CHECKS, check_decoder
from zoo.testing.contract import NotBuilt
from zoo.testing.decoders import CHECKS

if TYPE_CHECKING:
    from zoo.interfaces import Decoder

(TOY,) = zoo_decoders()
PIXELS = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)


def changing() -> Decoder:
    calls = count()
    return toy(decode=lambda content: np.full((4, 3, 3), 10 * next(calls) % 256, np.uint8))


def toy(**fields: Any) -> Decoder:
    return replace(TOY, **fields)


def exit_on_damage(content: bytes) -> np.ndarray:
    try:
        return decode(content)  # type: ignore[no-any-return]
    except Exception:
        raise SystemExit(3) from None


BAD = [
    (
        "recognises",
        toy(sample=lambda: b"nothing"),
        "its sample begins with b'nothing', which is not one of its magic",
    ),
    (
        "header",
        toy(header=lambda file: (3, 4)),
        r"header must return \(width, height, is gray\), got \(3, 4\)",
    ),
    ("header", toy(header=lambda file: (3, 0, True)), r"header must return .*, got \(3, 0, True\)"),
    ("header", toy(header=lambda file: 1 // 0), "cannot read the image 'sample.toy'"),
    ("header", toy(sample=lambda: "text"), r"sample\(\) returns str: return the bytes of a small image"),
    (
        "decodes",
        toy(decode=lambda content: decode(content).astype(float)),
        "must return uint8 or uint16 .* float64",
    ),
    ("decodes", toy(decode=lambda content: decode(content)[None]), r"got uint8 of shape \(1, 4, 3, 3\)"),
    ("decodes", toy(decode=lambda content: list(decode(content))), "or a Pillow image, got list"),
    (
        "decodes",
        toy(decode=lambda content: decode(content)[:2]),
        "header.* says 3×4 pixels, decode.* returns 3×2",
    ),
    (
        "decodes",
        toy(decode=lambda content: decode(content)[:, :, 0]),
        "says that it is colour, decode.* shape",
    ),
    (
        "decodes",
        toy(decode=lambda content: Image.fromarray(decode(content)).rotate(90, expand=True)),
        "header.* says 3×4 pixels, decode.* returns 4×3",
    ),
    (
        "decodes-square",
        toy(decode_square=lambda content, size, channels: np.zeros((size, size, 3), np.uint8)),
        r"decode_square must return uint8 of shape \(8, 8, 1\) or None, got uint8 of shape \(8, 8, 3\)",
    ),
    (
        "decodes-square",
        toy(decode_square=lambda content, size, channels: np.full((size, size, channels), 200, np.uint8)),
        "decode_square returns 8×8 pixels that differ from those of decode by 182 of 256 levels",
    ),
    ("decodes-in-threads", changing(), "several threads at once get different pixels"),
    ("refuses-damage", toy(decode=exit_on_damage), "SystemExit: 3"),
]


@pytest.mark.parametrize("check", DECODER_CHECKS)
def test_a_good_decoder_passes(check: str) -> None:
    check_decoder(TOY, check)


@pytest.mark.parametrize(("check", "bad", "message"), BAD)
def test_a_bad_one_fails(check: str, bad: Decoder, message: str) -> None:
    with pytest.raises(ContractError, match=f"^toy fails '{check}': .*{message}"):
        check_decoder(bad, check)


def test_one_of_16_bits_passes() -> None:
    wide = encode(PIXELS[:, :, :1].astype(np.uint16) * 257)
    check_decoder(toy(sample=lambda: wide), "decodes")


def test_one_that_returns_pillow_images_passes() -> None:
    check_decoder(toy(decode=lambda content: Image.fromarray(decode(content))), "decodes")


def test_a_missing_package_is_reported() -> None:
    with pytest.raises(ContractError, match="needs nowhere, which is not installed: pip install nowhere"):
        check_decoder(toy(package="nowhere"), "decodes")


def test_without_a_sample_there_is_nothing_to_decode() -> None:
    with pytest.raises(NotBuilt, match="there is no sample"):
        check_decoder(toy(sample=None), "decodes")
    check_decoder(toy(sample=None), "refuses-damage")


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(DECODER_CHECKS)
