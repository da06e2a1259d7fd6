"""Fingerprints: what changes them and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.data.fingerprint import digest_items, fingerprint
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

DIGESTS, LABELS, CLASSES = ("aa", "bb", "cc"), (0, 1, 1), ("cat", "dog")


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"one")
    (tmp_path / "b.jpg").write_bytes(b"one")
    (tmp_path / "c.png").write_bytes(b"two")
    a, b, c = digest_items([tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.png"])
    assert a == b != c


def test_the_digest_of_a_file_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert digest_items([tmp_path / "a.png"]) == (expected,)


@pytest.mark.parametrize(
    "other", [np.zeros((4, 2), np.uint8), np.zeros((2, 4), np.int8), np.ones((2, 4), np.uint8)]
)
def test_the_digest_of_an_array_knows_shape_dtype_and_values(other: np.ndarray) -> None:
    first, same, another = digest_items([np.zeros((2, 4), np.uint8), np.zeros((2, 4), np.uint8), other])
    assert first == same != another


def test_the_memory_layout_of_an_array_does_not_matter() -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    first, second = digest_items([array, np.asfortranarray(array)])
    assert first == second


def test_a_vanished_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png' has vanished"):
        digest_items([tmp_path / "gone.png"])


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f"cannot read the image '{tmp_path}': is a directory"):
        digest_items([tmp_path])


def test_the_order_of_images_does_not_matter() -> None:
    turned = fingerprint(DIGESTS[::-1], LABELS[::-1], CLASSES, None)
    assert turned == fingerprint(DIGESTS, LABELS, CLASSES, None)


@pytest.mark.parametrize(
    "other",
    [
        (("aa", "bb", "dd"), LABELS, CLASSES, None),
        (("aa", "bb"), (0, 1), CLASSES, None),
        (DIGESTS, (0, 0, 1), CLASSES, None),
        (DIGESTS, LABELS, ("cat", "fox"), None),
        (DIGESTS, LABELS, ("cat", "dog", "fox"), None),
        (DIGESTS, LABELS, CLASSES, ("train", "train", "test")),
    ],
)
def test_content_classes_and_declared_splits_matter(other: tuple) -> None:
    assert fingerprint(*other) != fingerprint(DIGESTS, LABELS, CLASSES, None)


def test_the_order_of_classes_matters() -> None:
    assert fingerprint(("aa",), (0,), ("a", "b"), None) != fingerprint(("aa",), (1,), ("b", "a"), None)


def test_a_class_name_that_is_not_unicode_is_taken() -> None:
    assert len(fingerprint(("aa",), (0,), ("caf\udce9",), None)) == 64
