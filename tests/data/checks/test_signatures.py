"""Signatures: equal for equal images, near for similar ones, and the share of the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.progress import RecordedProgress
from zoo.data.checks.signatures import CHUNK, Signatures, joined, sign, sign_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image


def drawn(*images: Image.Image) -> np.ndarray:
    """As `sign` takes them."""
    return np.stack([np.asarray(image.resize((32, 32))) for image in images])


def bits_apart(signatures: Signatures) -> int:
    """In how many bits the first two hashes differ."""
    first, second = signatures.hashes[:2].tolist()
    return (first ^ second).bit_count()


def test_each_image_has_a_hash_a_thumbnail_and_a_background(picture: Callable) -> None:
    signatures = sign(drawn(picture(1), picture(2), picture(3)))
    assert (signatures.hashes.shape, signatures.hashes.dtype) == ((3,), np.uint64)
    assert (signatures.thumbnails.shape, signatures.thumbnails.dtype) == ((3, 768), np.uint8)
    assert (signatures.background.shape, signatures.background.dtype) == ((3,), np.float32)


def test_a_smaller_copy_has_nearly_the_same_hash_and_another_picture_has_not(picture: Callable) -> None:
    assert bits_apart(sign(drawn(picture(1), picture(1, (60, 45))))) < 8
    assert bits_apart(sign(drawn(picture(1), picture(2)))) > 16


def test_a_thumbnail_has_the_means_of_four_pixels() -> None:
    image = np.zeros((1, 32, 32, 3), np.uint8)
    image[0, 0, 0] = 255
    assert sign(image).thumbnails[0, :4].tolist() == [64, 64, 64, 0]


@pytest.mark.parametrize(("rows", "share"), [(0, 1.0), (8, 0.75)])
def test_the_background_is_the_share_of_the_commonest_colour(rows: int, share: float) -> None:
    image = np.full((1, 32, 32, 3), 200, np.uint8)
    image[0, :rows] = 10
    assert sign(image).background.tolist() == [share]


@pytest.mark.parametrize("channels", [1, 3])
def test_decoded_rows_are_signed_in_order_whatever_their_size(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (CHUNK + 2, 8, 8, channels), dtype=np.uint8)
    progress = RecordedProgress()
    signatures = sign_rows(pixels, progress)
    alone = sign_rows(pixels[-1:], RecordedProgress())
    assert np.array_equal(signatures.thumbnails[-1:], alone.thumbnails)
    assert (len(signatures.hashes), progress.advances[-1]) == (
        CHUNK + 2,
        ("checking images", CHUNK + 2, CHUNK + 2),
    )


def test_no_parts_are_no_signatures() -> None:
    signatures = joined([])
    assert [len(signatures.hashes), len(signatures.thumbnails), len(signatures.background)] == [0, 0, 0]
