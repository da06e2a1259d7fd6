"""Opening a dataset: names and paths, plugins that misbehave, natural size and channels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.errors import ContractError, DatasetError, UnknownNameError
from zoo.interfaces import Dataset, LabeledImages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


def arrays(count: int, *shape: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8))


def registered(load: Callable[[], LabeledImages]) -> dict[str, Dataset]:
    return {"pets": Dataset("pets", load, "pets", "none")}


def forty(*shape: int, channels: int | None = None) -> OpenedDataset:
    items = arrays(40, *shape, *([] if channels is None else [channels]))
    return open_dataset(
        "pets", registered(lambda: LabeledImages(items, [0, 1] * 20, ("cat", "dog"))), FORMATS
    )


def test_a_registered_dataset_is_opened_by_name() -> None:
    opened = forty(8, 8)
    assert (opened.name, opened.source, len(opened.digests)) == ("pets", "plugin pets", 40)


def test_a_folder_is_opened_by_path(photos: Path) -> None:
    opened = open_dataset(str(photos), {}, FORMATS)
    assert (opened.name, opened.source, len(opened.split)) == ("photos", str(photos), 48)


def test_a_registered_name_goes_before_a_folder(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    (photos.parent / "pets").symlink_to(photos)
    load = lambda: LabeledImages(arrays(40, 8, 8), [0, 1] * 20, ("cat", "dog"))  # noqa: E731
    assert open_dataset("pets", registered(load), FORMATS).source == "plugin pets"


def test_a_folder_may_be_named_without_a_separator(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    assert open_dataset("photos", {}, FORMATS).source == str(photos)


def test_a_tilde_means_home(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(photos.parent))
    assert open_dataset("~/photos", {}, FORMATS).source == str(photos)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Photos (2024)", "my-photos-2024"), ("_x", "x"), ("猫", "猫"), ("a@b", "a-b"), ("☃", "images")],
)
def test_a_folder_gets_a_plain_name(photos: Path, folder: str, name: str) -> None:
    assert open_dataset(str(photos.rename(photos.parent / folder)), {}, FORMATS).name == name


def test_an_unknown_name_gets_the_nearest_ones() -> None:
    load = lambda: LabeledImages([], [], ())  # noqa: E731
    with pytest.raises(UnknownNameError) as caught:
        open_dataset("pest", registered(load), FORMATS)
    assert str(caught.value) == (
        "unknown dataset 'pest': did you mean 'pets'? or give the path of your images"
    )


@pytest.mark.parametrize("ref", ["./gone", "some/where", "~/gone", ".gone"])
def test_a_path_to_nothing_is_no_unknown_name(
    ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DatasetError, match="there is no folder"):
        open_dataset(ref, {}, FORMATS)


def test_a_plugin_that_fails_to_load_is_named() -> None:
    with pytest.raises(
        DatasetError, match=r"'pets' failed to load: ZeroDivisionError: .* \(.*:\d+\): fix the plugin"
    ):
        open_dataset("pets", registered(lambda: LabeledImages([], [1 // 0], ())), FORMATS)


def test_the_output_of_a_plugin_is_no_part_of_a_result(capfd: pytest.CaptureFixture[str]) -> None:
    def load() -> LabeledImages:
        print("downloading")
        os.write(2, b"TensorFlow starts")
        return LabeledImages(arrays(40, 8, 8), [0, 1] * 20, ("cat", "dog"))

    open_dataset("pets", registered(load), FORMATS)
    assert capfd.readouterr() == ("", "downloading\n")


def test_the_failure_of_a_plugin_is_chained() -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset("pets", registered(lambda: LabeledImages([], [1 // 0], ())), FORMATS)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_plugin_that_returns_something_else_is_refused() -> None:
    with pytest.raises(ContractError, match=r"'pets': load\(\) must return LabeledImages, got list"):
        open_dataset("pets", registered(list), FORMATS)  # type: ignore[arg-type]


def test_a_plugin_with_one_class_is_refused() -> None:
    with pytest.raises(ContractError, match="two classes or more"):
        open_dataset("pets", registered(lambda: LabeledImages(arrays(2, 8, 8), [0, 0], ("cat",))), FORMATS)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (np.zeros((8, 8), np.float32), "image 0 must hold uint8 pixels 0-255, got float32"),
        (np.zeros((8, 8, 4), np.uint8), r"image 0 must have shape .*, got \(8, 8, 4\)"),
        (np.zeros(8, np.uint8), r"image 0 must have shape .*, got \(8,\)"),
        (np.zeros((0, 8), np.uint8), r"image 0 must have shape .*, got \(0, 8\)"),
        ("a.png", "image 0 must be a pathlib.Path or a numpy array, got str"),
    ],
)
def test_a_wrong_item_is_refused(item: object, message: str) -> None:
    images = LabeledImages([item, item], [0, 1], ("cat", "dog"))  # type: ignore[list-item]
    with pytest.raises(ContractError, match=message):
        open_dataset("pets", registered(lambda: images), FORMATS)


def test_splits_that_cannot_be_trained_on_are_refused() -> None:
    images = LabeledImages(arrays(2, 8, 8), [0, 1], ("cat", "dog"), ["validation", "test"])
    with pytest.raises(DatasetError, match="no training images"):
        open_dataset("pets", registered(lambda: images), FORMATS)


@pytest.fixture
def tiny_validation(photos: Path) -> Path:
    """The photos with one of each class for validation, and four for the test."""
    root = photos.parent / "x-rays"
    for name in ("cat", "dog"):
        for number, file in enumerate(sorted((photos / name).iterdir())):
            split = "val" if number == 0 else "test" if number < 5 else "train"
            (root / split / name).mkdir(parents=True, exist_ok=True)
            file.rename(root / split / name / file.name)
    return root


def test_a_resplit_takes_validation_images_from_those_for_training(tiny_validation: Path) -> None:
    before, after = (
        open_dataset(str(tiny_validation), {}, FORMATS),
        open_dataset(f"{tiny_validation}#resplit", {}, FORMATS),
    )
    sizes = [sum(after.counts[split].values()) for split in ("train", "validation", "test")]
    assert (sum(before.counts["validation"].values()), sum(sizes)) == (2, 48)
    assert (sizes[1] > 2, sizes[2]) == (True, 8)


def test_a_resplit_leaves_the_test_images(tiny_validation: Path) -> None:
    before, after = (
        open_dataset(str(tiny_validation), {}, FORMATS),
        open_dataset(f"{tiny_validation}#resplit", {}, FORMATS),
    )
    assert after.counts["test"] == before.counts["test"]


def test_a_resplit_is_another_dataset(tiny_validation: Path) -> None:
    before, after = (
        open_dataset(str(tiny_validation), {}, FORMATS),
        open_dataset(f"{tiny_validation}#resplit", {}, FORMATS),
    )
    assert (after.name, after.source) == ("x-rays-resplit", f"{tiny_validation}#resplit")
    assert after.fingerprint != before.fingerprint


def test_a_recorded_resplit_is_opened_by_its_name(tiny_validation: Path) -> None:
    source = f"{tiny_validation}#resplit"
    by_name = open_dataset("lungs", {}, FORMATS, {"lungs": source})
    assert (by_name.name, by_name.fingerprint) == ("lungs", open_dataset(source, {}, FORMATS).fingerprint)


def test_a_resplit_needs_splits(photos: Path) -> None:
    with pytest.raises(DatasetError, match="'photos-resplit' has no splits of its own: leave out --resplit"):
        open_dataset(f"{photos}#resplit", {}, FORMATS)


def test_a_recorded_name_and_another_folder_of_that_name_are_distinguished(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    (photos.parent / "elsewhere").mkdir()
    with pytest.raises(DatasetError, match=r"and the path \./photos; write .*/elsewhere or \./photos"):
        open_dataset("photos", {}, FORMATS, {"photos": str(photos.parent / "elsewhere")})


def test_a_folder_that_has_moved_is_found_where_it_is_now(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    assert open_dataset("photos", {}, FORMATS, {"photos": "/gone/photos"}).source == str(photos)


def test_a_recorded_name_is_opened_from_anywhere(photos: Path) -> None:
    assert open_dataset("home", {}, FORMATS, {"home": str(photos)}).source == str(photos)
