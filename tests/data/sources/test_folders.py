"""Folders: the two layouts, skipped files and refused folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.formats import FORMATS
from zoo.data.sources.folders import load_folder
from zoo.errors import DatasetError


def make(root: Path, *names: str) -> Path:
    """Files that look like images by their names; finding images does not open them."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def names_of(root: Path) -> list[str]:
    return [str(Path(item).relative_to(root)) for item in load_folder(root, FORMATS.image_suffixes).items]


def test_one_subfolder_per_class(tmp_path: Path) -> None:
    images = load_folder(make(tmp_path, "dog/1.png", "cat/1.jpg", "cat/2.jpg"), FORMATS.image_suffixes)
    assert (images.class_names, list(images.labels), images.split) == (("cat", "dog"), [0, 0, 1], None)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val", "VALIDATION"])
def test_split_folders_by_any_usual_name(tmp_path: Path, name: str) -> None:
    root = make(tmp_path, "Train/a/1.png", "Train/b/2.png", f"{name}/a/3.png", "TEST/b/4.png")
    images = load_folder(root, FORMATS.image_suffixes)
    by_file = dict(zip((item.name for item in images.items), images.split, strict=True))
    assert by_file == {"1.png": "train", "2.png": "train", "3.png": "validation", "4.png": "test"}


def test_split_names_are_classes_where_other_folders_lie_beside_them(tmp_path: Path) -> None:
    images = load_folder(make(tmp_path, "train/1.png", "car/1.png"), FORMATS.image_suffixes)
    assert (images.class_names, images.split) == (("car", "train"), None)


def test_split_names_are_classes_where_there_is_no_train_folder(tmp_path: Path) -> None:
    assert load_folder(make(tmp_path, "test/1.png", "val/1.png"), FORMATS.image_suffixes).split is None


def test_images_are_found_below_the_class_folder_in_sorted_order(tmp_path: Path) -> None:
    root = make(tmp_path, "b/1.png", "a/z.png", "a/deep/er/2.png", "a/deep/1.png", "a/b.png")
    assert names_of(root) == ["a/b.png", "a/z.png", "a/deep/1.png", "a/deep/er/2.png", "b/1.png"]


@pytest.mark.parametrize("extension", ["jpg", "JPEG", "png", "webp", "bmp", "gif", "tif", "TIFF"])
def test_every_supported_extension_is_an_image(tmp_path: Path, extension: str) -> None:
    assert len(load_folder(make(tmp_path, f"a/1.{extension}", "b/1.png"), FORMATS.image_suffixes).items) == 2


def test_other_files_are_skipped_with_a_reason(tmp_path: Path) -> None:
    images = load_folder(
        make(tmp_path, "a/1.png", "b/1.png", "a/notes.txt", "README.md"), FORMATS.image_suffixes
    )
    skipped = {(Path(file.path).name, file.reason) for file in images.skipped}
    assert skipped == {("notes.txt", "not an image by its name"), ("README.md", "in no class folder")}


def test_hidden_files_and_folders_are_ignored_silently(tmp_path: Path) -> None:
    root = make(tmp_path, "a/1.png", "b/1.png", "a/.DS_Store", ".git/x.png", "__MACOSX/a/._1.png")
    assert (
        len(load_folder(root, FORMATS.image_suffixes).items),
        load_folder(root, FORMATS.image_suffixes).skipped,
    ) == (2, ())


def test_a_broken_link_is_skipped(tmp_path: Path) -> None:
    make(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "2.png").symlink_to(tmp_path / "gone.png")
    assert [file.reason for file in load_folder(tmp_path, FORMATS.image_suffixes).skipped] == [
        "broken link or not a regular file"
    ]


def test_a_link_in_a_circle_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    assert names_of(tmp_path) == ["a/1.png", "b/1.png"]


def test_a_linked_class_folder_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "store/1.png", "root/b/1.png")
    (tmp_path / "root" / "a").symlink_to(tmp_path / "store")
    assert load_folder(tmp_path / "root", FORMATS.image_suffixes).class_names == ("a", "b")


def test_a_test_folder_without_classes_is_skipped(tmp_path: Path) -> None:
    images = load_folder(
        make(tmp_path, "train/a/1.png", "train/b/1.png", "test/1.png"), FORMATS.image_suffixes
    )
    assert (len(images.items), images.skipped[0].reason) == (2, "in no class folder")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["1.png", "2.png"], "are in no class folder"),
        (["notes.txt"], "has no images"),
        (["a/1.png"], "only one class, 'a'"),
        (["a/1.png", "b/notes.txt"], "/b' contains no image"),
        (["train/1.png", "val/a/1.png"], "/train' are in no class folder"),
        (["train/a/1.png", "train/b/notes.txt"], "/train/b' contains no image"),
        (["train/a/1.png", "train/b/1.png", "val/c/1.png"], "class 'c' .* validation folder but not"),
        (["train/a/1.png", "train/b/1.png", "test/c/1.png"], "class 'c' .* test folder but not"),
    ],
)
def test_a_poor_layout_is_refused(tmp_path: Path, files: list[str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_folder(make(tmp_path, *files), FORMATS.image_suffixes)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no folder '.*gone'; check the path"):
        load_folder(tmp_path / "gone", FORMATS.image_suffixes)


def test_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        load_folder(make(tmp_path, "photo.png") / "photo.png", FORMATS.image_suffixes)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no images"):
        load_folder(tmp_path, FORMATS.image_suffixes)


def test_an_unreadable_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/1.png", "b/1.png")

    def forbidden(path: os.PathLike[str]) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", forbidden)  # root reads any folder, so no mode would do
    with pytest.raises(DatasetError, match=r"cannot read the folder .*: permission denied"):
        load_folder(tmp_path, FORMATS.image_suffixes)
