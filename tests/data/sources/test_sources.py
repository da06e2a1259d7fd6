"""Opening a dataset: names and paths, plugins that misbehave, natural size and channels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.opened import OpenedDataset, natural_channels, natural_size
from zoo.data.sources import open_dataset
from zoo.errors import ContractError, DatasetError, UnknownNameError
from zoo.interfaces import Dataset, LabeledImages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
    with pytest.raises(DatasetError, match=r"'pets' failed to load \(ZeroDivisionError"):
        open_dataset("pets", registered(lambda: LabeledImages([], [1 // 0], ())), FORMATS)


def test_what_a_plugin_prints_is_no_part_of_a_result(capfd: pytest.CaptureFixture[str]) -> None:
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


def test_counts_add_up(opened_photos: OpenedDataset) -> None:
    counts = opened_photos.counts
    assert {name: sum(counts[s][name] for s in counts) for name in ("cat", "dog")} == {"cat": 24, "dog": 24}


def test_poor_splits_are_told_in_notices() -> None:
    images = LabeledImages(arrays(4, 8, 8), [0, 1, 0, 1], ("cat", "dog"), ["train"] * 2 + ["validation"] * 2)
    opened = open_dataset("pets", registered(lambda: images), FORMATS)
    assert opened.notices == ("no test images: there will be no test metrics",)


def test_the_fingerprint_does_not_know_the_folder(photos: Path) -> None:
    before = open_dataset(str(photos), {}, FORMATS).fingerprint
    assert open_dataset(str(photos.rename(photos.parent / "moved")), {}, FORMATS).fingerprint == before


@pytest.mark.parametrize(
    ("shape", "size"), [((8, 8), 8), ((12, 30), 12), ((300, 300), 224), ((300, 400), 224)]
)
def test_the_natural_size_is_the_shorter_side_up_to_224(shape: tuple[int, int], size: int) -> None:
    assert natural_size(forty(*shape)) == size


def test_the_natural_size_of_mixed_images_is_a_median() -> None:
    items = [*arrays(19, 10, 12), *arrays(20, 30, 20), *arrays(1, 99, 99)]
    images = LabeledImages(items, [0, 1] * 20, ("cat", "dog"))
    assert natural_size(open_dataset("pets", registered(lambda: images), FORMATS)) == 20


def test_the_natural_size_of_files_is_read_from_their_headers(opened_photos: OpenedDataset) -> None:
    assert natural_size(opened_photos) == 12


@pytest.mark.parametrize(("channels", "natural"), [(None, 1), (1, 1), (3, 3)])
def test_natural_channels_of_arrays(channels: int | None, natural: int) -> None:
    assert natural_channels(forty(8, 8, channels=channels)) == natural


def test_one_colour_image_among_gray_ones_makes_colour_natural(photos: Path) -> None:
    for path in sorted(photos.rglob("*.png"))[1:]:
        with Image.open(path) as image:
            image.convert("L").save(path)
    assert natural_channels(open_dataset(str(photos), {}, FORMATS)) == 3


def test_unreadable_images_do_not_count_for_the_natural_size(photos: Path) -> None:
    (photos / "cat" / "broken.png").write_bytes(b"broken")
    assert natural_size(open_dataset(str(photos), {}, FORMATS)) == 12


def test_no_natural_size_without_a_readable_image(photos: Path) -> None:
    for number, path in enumerate(photos.rglob("*.png")):
        path.write_bytes(b"broken %d" % number)
    with pytest.raises(DatasetError, match="no image of dataset 'photos' can be read"):
        natural_size(open_dataset(str(photos), {}, FORMATS))


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
    with pytest.raises(DatasetError, match="'photos-resplit' has no splits of its own: leave out #resplit"):
        open_dataset(f"{photos}#resplit", {}, FORMATS)


def test_a_recorded_name_and_another_folder_of_that_name_are_told_apart(
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
