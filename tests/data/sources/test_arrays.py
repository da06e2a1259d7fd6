"""Arrays: the names of images and labels, and the names that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.data.sources.array_sets import GRAY, LABELS, loaded, pixels, refused
from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.data.sources.arrays import load_arrays
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path


# Names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y"), ("X", "Y")])
def test_one_pair_brings_no_splits(tmp_path: Path, images: str, labels: str) -> None:
    dataset = loaded(tmp_path, **{images: GRAY, labels: LABELS, "other": np.zeros(3)})
    assert (list(dataset.labels), dataset.class_names, dataset.split) == (
        [0, 1, 2, 0, 1, 2],
        ("0", "1", "2"),
        None,
    )
    assert np.array_equal(pixels(dataset), GRAY)


@pytest.mark.parametrize(
    "names",
    [
        ["x_train", "y_train", "x_test", "y_test"],
        ["train_images", "train_labels", "test_images", "test_labels"],
        ["images_train", "labels_train", "images_test", "labels_test"],
    ],
)
def test_a_pair_for_each_split(tmp_path: Path, names: list[str]) -> None:
    dataset = loaded(tmp_path, **dict(zip(names, (GRAY, LABELS, GRAY[:2], LABELS[:2]), strict=True)))
    assert (list(dataset.labels), dataset.split) == ([0, 1, 2, 0, 1, 2, 0, 1], ["train"] * 6 + ["test"] * 2)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_validation_by_any_usual_name(tmp_path: Path, name: str) -> None:
    dataset = loaded(
        tmp_path, x_train=GRAY, y_train=LABELS, **{f"x_{name}": GRAY[:3], f"y_{name}": LABELS[:3, None]}
    )
    assert dataset.split == ["train"] * 6 + ["validation"] * 3


def test_an_only_train_split_is_none(tmp_path: Path) -> None:
    assert loaded(tmp_path, x_train=GRAY, y_train=LABELS).split is None


@pytest.mark.parametrize(
    ("image", "labels"),
    [("pics", "pics_labels"), ("pics", "labels"), ("x", "y"), ("images", "labels"), ("x_train", "y_train")],
)
def test_labels_lie_beside_a_npy(tmp_path: Path, image: str, labels: str) -> None:
    np.save(tmp_path / f"{image}.npy", GRAY)
    np.save(tmp_path / f"{labels}.npy", LABELS)
    dataset = load_arrays(tmp_path / f"{image}.npy", Progress())
    assert (list(dataset.labels), dataset.split) == ([0, 1, 2, 0, 1, 2], None)


def test_a_npy_of_one_split_brings_the_others_beside_it(tmp_path: Path) -> None:
    for split, count in (("train", 6), ("test", 3)):
        np.save(tmp_path / f"x_{split}.npy", GRAY[:count])
        np.save(tmp_path / f"y_{split}.npy", LABELS[:count])
    np.save(tmp_path / "class_names.npy", np.array(["a", "b", "c"]))
    dataset = load_arrays(tmp_path / "x_train.npy", Progress())
    assert dataset.split == ["test"] * 3 + ["train"] * 6
    assert dataset.class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "'set.npz' holds a, b; zoo looks for images and labels, x and y, or x_train, y_train, "),
        (["images"], "'set.npz' holds images, and no labels for images: add labels"),
        (["X_train", "y"], "'set.npz' holds X_train, y, and no labels for X_train: add y_train"),
        (
            ["x", "y", "images", "labels"],
            "'set.npz' holds x, y, images, labels; zoo looks for images and labels, ",
        ),
        (
            ["x", "y", "x_test", "y_test"],
            "'set.npz' holds x, y, x_test, y_test; zoo looks for images and labels, ",
        ),
        (["x_val", "y_val", "x_valid"], "'set.npz' holds x of one split twice, x_val and x_valid: keep one"),
        ([], "'set.npz' holds nothing; zoo looks for images and labels, "),
    ],
)
def test_unclear_names_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    assert refused(tmp_path, **dict.fromkeys(names, GRAY)).startswith(message)


def test_a_npy_without_labels_beside_it_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pics.npy", GRAY)
    with pytest.raises(
        DatasetError, match=r"has no labels beside it: save them as pics_labels.npy or labels.npy"
    ):
        load_arrays(tmp_path / "pics.npy", Progress())


# Labels --------------------------------------------------------------------------------------------------


# Pixels --------------------------------------------------------------------------------------------------


# Files ---------------------------------------------------------------------------------------------------


def test_it_opens_by_its_path(tmp_path: Path) -> None:
    labels = np.arange(60) % 2
    np.savez(
        tmp_path / "My Set.npz", x=np.random.default_rng(3).integers(0, 256, (60, 4, 4), np.uint8), y=labels
    )
    opened = open_dataset(str(tmp_path / "My Set.npz"), {}, FORMATS)
    assert (opened.name, len(opened.digests)) == ("my-set", 60)
