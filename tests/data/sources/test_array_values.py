"""The values of arrays that are accepted as pixels and labels, and those that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.data.sources.array_sets import GRAY, LABELS, is_mapped, loaded, pixels, refused
from tests.progress import RecordedProgress
from zoo.data.sources import array_values
from zoo.data.sources.arrays import load_arrays

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("labels", "class_names"),
    [
        (LABELS[:, None], ("0", "1", "2")),
        (LABELS.astype(np.float32), ("0", "1", "2")),
        (LABELS.astype(np.uint8) * 5, ("0", "5", "10")),
        (np.eye(3)[LABELS], ("0", "1", "2")),
        (np.array(["a", "b", "c", "a", "b", "c"]), ("a", "b", "c")),
        (np.array([b"a", b"b", b"c", b"a", b"b", b"c"])[:, None], ("a", "b", "c")),
    ],
    ids=["column", "float", "gaps", "one-hot", "text", "bytes"],
)
def test_labels_in_every_usual_form(tmp_path: Path, labels: np.ndarray, class_names: tuple[str, ...]) -> None:
    images = loaded(tmp_path, x=GRAY, y=labels)
    assert (list(images.labels), images.class_names) == ([0, 1, 2, 0, 1, 2], class_names)


def test_class_names_name_the_numbers_from_zero(tmp_path: Path) -> None:
    images = loaded(tmp_path, x=GRAY, y=LABELS, class_names=np.array(["b", "a", "c"]))
    assert (list(images.labels), images.class_names) == ([0, 1, 2, 0, 1, 2], ("b", "a", "c"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"y": LABELS[:4]},
            "the array x of 'set.npz' holds 6 images, but the array y of 'set.npz' 4 labels: save one for each",
        ),
        (
            {"y": LABELS / 7},
            "the array y of 'set.npz' holds fractions, which are not labels: save whole numbers or text",
        ),
        (
            {"y": LABELS.astype(np.uint64) + 2**63},
            "the array y of 'set.npz' holds numbers that are too large for labels: save smaller ones or text",
        ),
        (
            {"y": np.where(LABELS == 2, np.inf, LABELS)},
            "the array y of 'set.npz' holds numbers that are too large for labels: save smaller ones or text",
        ),
        (
            {"y": np.ones((6, 3), int)},
            "the array y of 'set.npz' has shape (6, 3) and several labels per image: zoo takes one each",
        ),
        (
            {"y": np.zeros((6, 2, 2), int)},
            "the array y of 'set.npz' has shape (6, 2, 2): zoo takes one label per image",
        ),
        (
            {"y": np.zeros(6, int)},
            "every label in the array y of 'set.npz' is '0'; a classifier needs two classes or more",
        ),
        (
            {"y": np.array([*"abcab", ""])},
            "an image has an empty label in the array y of 'set.npz'; give it one",
        ),
        (
            {"y": LABELS, "class_names": np.array(["a", "b"])},
            "the label 2 is not one of the 2 classes of class_names, which count from 0",
        ),
        (
            {"y": LABELS, "class_names": np.array(["a", "a", "b"])},
            "class_names has an empty or a repeated name: a, a, b",
        ),
        (
            {"y": np.array([b"\xff"] * 6)},
            "the array y of 'set.npz' holds text that is not UTF-8; save it with ",
        ),
        (
            {"y": np.zeros(6, complex)},
            "the array y of 'set.npz' holds complex128, which are not labels: save whole numbers",
        ),
        (
            {"y": np.array(list("abcabc"), object)},
            "the array y of 'set.npz' holds Python objects, which could run ",
        ),
    ],
)
def test_values_that_are_no_labels_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    assert refused(tmp_path, x=GRAY, **arrays).startswith(message)


@pytest.mark.parametrize("shape", [(6, 5, 4), (6, 5, 4, 1), (6, 5, 4, 3)])
def test_uint8_pixels_are_taken_as_they_are(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(pixels(loaded(tmp_path, x=array, y=LABELS)), array)


@pytest.mark.parametrize(
    ("array", "notice"),
    [
        ((GRAY / 255).astype(np.float32), "pixels are float32: 0 is taken as black and 1 as white"),
        (GRAY.astype(np.float64), "pixels are float64: 0 is taken as black and 255 as white"),
        (GRAY.astype(np.int64), "pixels are int64: 0 is taken as black and 255 as white"),
        (GRAY.astype(np.uint16) * 257, "pixels are uint16: 0 is taken as black and 65535 as white"),
        ((GRAY / 127.5 - 1).astype(np.float16), "pixels are float16: -1 is taken as black and 1 as white"),
    ],
    ids=["0-1", "float 0-255", "int64", "uint16", "-1 to 1"],
)
def test_other_numbers_become_uint8_and_this_is_reported(
    tmp_path: Path, array: np.ndarray, notice: str
) -> None:
    progress = RecordedProgress()
    np.savez(tmp_path / "set.npz", x=array, y=LABELS)
    images = pixels(load_arrays(tmp_path / "set.npz", progress))
    assert images.dtype == np.uint8
    assert np.abs(images.astype(int) - GRAY).max() <= 1
    assert progress.notices == [notice]


def test_true_is_white(tmp_path: Path) -> None:
    assert np.array_equal(pixels(loaded(tmp_path, x=GRAY > 99, y=LABELS)), (GRAY > 99) * np.uint8(255))


def test_true_is_white_beside_uint8_in_another_split(tmp_path: Path) -> None:
    images = loaded(tmp_path, x_train=GRAY > 0, y_train=LABELS, x_test=GRAY, y_test=LABELS)
    assert np.array_equal(pixels(images)[:6], np.where(GRAY > 0, 255, 0))


def test_the_range_is_that_of_all_splits_together(tmp_path: Path) -> None:
    """By itself the dark test split would be taken for 0-1 and become bright."""
    bright, dark = np.full((6, 2, 2), 200.0), np.full((2, 2, 2), 1.0)
    images = loaded(tmp_path, x_train=bright, y_train=LABELS, x_test=dark, y_test=LABELS[:2])
    assert [int(np.asarray(item).max()) for item in images.items] == [200] * 6 + [1] * 2


def test_no_number_is_black(tmp_path: Path) -> None:
    array = np.full((6, 2, 2), 0.5)
    array[0] = np.nan
    assert pixels(loaded(tmp_path, x=array, y=LABELS))[:2, 0, 0].tolist() == [0, 128]


def test_transparent_pixels_become_white(tmp_path: Path) -> None:
    array = np.zeros((6, 1, 3, 4), np.uint8)
    array[..., 3] = [0, 128, 255]
    assert pixels(loaded(tmp_path, x=array, y=LABELS))[0, 0, :, 0].tolist() == [255, 127, 0]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.zeros((6, 3, 32, 32)),
            "x of 'set.npz' has shape (6, 3, 32, 32), channels first: save it with channels last",
        ),
        (
            np.zeros((6, 784)),
            "x of 'set.npz' has shape (6, 784): images have (images, height, width), with 1, 3 or 4",
        ),
        (
            np.zeros((6, 5, 4, 2)),
            "x of 'set.npz' has shape (6, 5, 4, 2): images have (images, height, width), with 1",
        ),
        (np.zeros((6, 0, 4)), "x of 'set.npz' has shape (6, 0, 4): images have"),
        (
            np.zeros((6, 5, 4), complex),
            "x of 'set.npz' holds complex128, which are not pixels: save it as uint8 from 0 to 255",
        ),
        (np.array(3), "x of 'set.npz' holds 0 images, but the array y of 'set.npz' 6 labels"),
    ],
)
def test_values_that_are_no_images_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    assert refused(tmp_path, x=array, y=LABELS).startswith(f"the array {message}")


def test_no_images_at_all_are_refused(tmp_path: Path) -> None:
    message = "the array x of 'set.npz' holds no images (shape (0, 5, 4)); save it with some"
    assert refused(tmp_path, x=GRAY[:0], y=LABELS[:0]) == message


def test_large_converted_pixels_are_mapped_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_values, "IN_MEMORY", 100)
    monkeypatch.setattr(array_values, "CHUNK", 40)
    images = loaded(tmp_path, x=GRAY.astype(np.float32), y=LABELS)
    assert np.array_equal(pixels(images), GRAY)
    assert is_mapped(images.items[0])
