"""Odd folders, 30 kinds: each opens and decodes, or is refused in one line; every skipped file is named."""

from __future__ import annotations

import inspect
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "ä" * 100  # 200 bytes; most disks allow 255


@dataclass(frozen=True)
class Found:
    """The dataset of a folder: images by class, and skipped files by name."""

    images: dict[str, int]
    skipped: dict[str, str]


def draw(root: Path, *classes: str, count: int = 30, ending: str = "png") -> Path:
    """A folder of small noisy images in each class; unlike bytes, so that splits fill up."""
    for number, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (count, 6, 6), np.uint8)
        for index, pixels in enumerate(noise):
            Image.fromarray(pixels).save(root / name / f"{index:03}.{ending}")
    return root


def found_in(root: Path) -> Found:
    """Open the folder and decode its images."""
    opened = open_dataset(str(root), {}, FORMATS)
    decoded = decode_dataset(opened, 8, 1, cache=root.parent / "cache", progress=Progress())
    counts = dict.fromkeys(decoded.class_names, 0)
    for label in decoded.labels.tolist():
        counts[decoded.class_names[label]] += 1
    assert len(decoded.skipped) == len({file.path for file in decoded.skipped})
    return Found(counts, {os.path.relpath(file.path, root): file.reason for file in decoded.skipped})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "photos"


# Those that open -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "犬",
        "кот",
        "🐕‍🦺",
        "e\u0301tude",
        "with  two spaces",
        " leading",
        "a'quote\"",
        "$(x)&;|*?",
        "-rf",
        "new\nline",
        "\x1b[31mred\t",
    ],
)
def test_a_class_may_have_any_name(root: Path, name: str) -> None:
    assert found_in(draw(root, name, "plain")).images == {name: 30, "plain": 30}


def test_long_names_many_levels_deep(root: Path) -> None:
    draw(root, LONG, f"plain/{LONG}/{LONG}/{LONG}")
    assert found_in(root).images == {"plain": 30, LONG: 30}


def test_names_that_are_no_utf_8(root: Path) -> None:
    draw(root, "cat", "dog")
    for name in (b"\xff\xfe.png", b"\xff.txt"):
        Path(os.fsdecode(os.fsencode(root / "cat") + b"/" + name)).write_bytes(b"x")
    assert found_in(root).skipped == {
        os.fsdecode(b"cat/\xff\xfe.png"): "not an image",
        os.fsdecode(b"cat/\xff.txt"): "not an image by its name",
    }


def test_hidden_files_and_folders(root: Path) -> None:
    draw(root, "cat", "dog", ".git", "cat/.thumbnails")
    (root / "cat" / ".DS_Store").write_bytes(b"x")
    assert found_in(root) == Found({"cat": 30, "dog": 30}, {})


def test_folders_within_classes(root: Path) -> None:
    draw(root, "cat/2023/may", "cat/2024", "cat", "dog")
    assert found_in(root).images == {"cat": 90, "dog": 30}


def test_folders_deeper_than_python_calls_functions(root: Path) -> None:
    draw(root, "cat/" + "d/" * 400, "dog")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    try:
        assert found_in(root).images == {"cat": 30, "dog": 30}
    finally:
        sys.setrecursionlimit(limit)


def test_a_link_to_the_folder_above(root: Path) -> None:
    draw(root, "cat", "dog")
    (root / "cat" / "up").symlink_to(root)
    assert found_in(root).images == {"cat": 60, "dog": 30}  # those of the dogs are found below the cats too


def test_folders_that_link_to_each_other(root: Path) -> None:
    """Followed along every path, 24 folders that link to each other are more than a lifetime's work."""
    draw(root, "cat", "dog")
    folders = [root / "cat" / f"{number}" for number in range(24)]
    for folder in folders:
        folder.mkdir()
        for other in folders:
            (folder / other.name).symlink_to(other)
    assert found_in(root).images == {"cat": 30, "dog": 30}


def test_a_link_to_itself(root: Path) -> None:
    draw(root, "cat", "dog")
    (root / "cat" / "self.png").symlink_to("self.png")
    (root / "self").symlink_to("self")
    reasons = {"cat/self.png": "broken link or not a regular file", "self": "in no class folder"}
    assert found_in(root).skipped == reasons


def test_a_link_to_outside_is_followed(root: Path) -> None:
    """It is the user's own folder; only in an archive are links left out."""
    draw(root, "cat", "dog")
    draw(root.parent / "elsewhere", "more")
    (root / "cat" / "more").symlink_to(root.parent / "elsewhere" / "more")
    assert found_in(root).images["cat"] == 60


def test_a_broken_link(root: Path) -> None:
    draw(root, "cat", "dog")
    (root / "cat" / "gone.png").symlink_to(root / "nowhere.png")
    assert found_in(root).skipped == {"cat/gone.png": "broken link or not a regular file"}


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    draw(root, "cat", "dog")
    os.mkfifo(root / "cat" / "pipe.png")
    os.mkfifo(root / "pipe")
    reasons = {"cat/pipe.png": "broken link or not a regular file", "pipe": "in no class folder"}
    assert found_in(root).skipped == reasons


def test_a_socket(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(root, "cat", "dog")
    monkeypatch.chdir(root / "cat")  # a socket's path may have 107 bytes at most
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        assert found_in(root).skipped == {"cat/socket.png": "broken link or not a regular file"}


def test_a_folder_that_is_called_like_an_image(root: Path) -> None:
    assert found_in(draw(root, "cat/a.jpg", "dog")).images == {"cat": 30, "dog": 30}


def test_images_that_are_text_or_empty(root: Path) -> None:
    draw(root, "cat", "dog")
    (root / "cat" / "text.jpg").write_text("this is no image")
    (root / "dog" / "empty.png").touch()
    assert found_in(root).skipped == {"cat/text.jpg": "not an image", "dog/empty.png": "zero bytes"}


def test_endings_in_capitals(root: Path) -> None:
    assert found_in(draw(root, "cat", "dog", ending="PNG")).images == {"cat": 30, "dog": 30}


def test_an_ending_of_another_format(root: Path) -> None:
    draw(root, "cat", "dog")
    for path in root.rglob("*.png"):
        path.rename(path.with_suffix(".jpg"))
    assert found_in(root).images == {"cat": 30, "dog": 30}


def test_ten_thousand_classes(root: Path) -> None:
    """Opened only, with hard links to one image for training, and in one class to one for validation."""
    drawn = open_dataset(str(draw(root.parent / "drawn", "cat", "dog")), {}, FORMATS)
    images = dict(zip(drawn.split, drawn.images.items, strict=True))
    root.mkdir()
    for number in range(10_000):
        (root / f"{number}").mkdir()
        os.link(images["train"], root / f"{number}" / "1.png")
    os.link(images["validation"], root / "7" / "2.png")
    assert len(open_dataset(str(root), {}, FORMATS).images.class_names) == 10_000


def test_classes_that_differ_only_in_case(root: Path) -> None:
    assert found_in(draw(root, "cat", "Cat")).images == {"Cat": 30, "cat": 30}


@pytest.mark.parametrize("name", ["test", "validation", "train"])
def test_a_class_that_is_called_like_a_split(root: Path, name: str) -> None:
    assert found_in(draw(root, name, "cat")).images == {"cat": 30, name: 30}


def test_both_layouts_at_once_are_classes(root: Path) -> None:
    draw(root, "train/cat", "train/dog", "test/cat", "bird")
    assert found_in(root).images == {"bird": 30, "test": 30, "train": 60}


def test_a_test_folder_without_classes(root: Path) -> None:
    draw(root, "train/cat", "train/dog", "test")
    images = found_in(root)
    assert images.images == {"cat": 30, "dog": 30}
    assert images.skipped == {f"test/{number:03}.png": "in no class folder" for number in range(30)}


# Those that are refused ----------------------------------------------------------------------------------


def _file(root: Path) -> None:
    root.write_text("no folder")


def _pipe(root: Path) -> None:
    os.mkfifo(root)


def _loop(root: Path) -> None:
    root.symlink_to(root.name)


def _one_image(root: Path) -> None:
    draw(root, "cat", count=1)


def _loose_images(root: Path) -> None:
    draw(root.parent, root.name)


def _empty_class(root: Path) -> None:
    draw(root, "cat", "dog")
    (root / "empty").mkdir()


def _only_text(root: Path) -> None:
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for number in range(30):
            (root / name / f"{number}.png").write_text(f"{name} {number}")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "there is no folder 'photos'; check the path"),
        (
            _file,
            (
                "'photos' is a file, not a folder; give a folder with a subfolder per class, "
                "or a file that ends in .csv, .npz, .npy, .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz"
            ),
        ),
        (
            _pipe,
            (
                "'photos' is a file, not a folder; give a folder with a subfolder per class, "
                "or a file that ends in .csv, .npz, .npy, .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz"
            ),
        ),
        (_loop, "cannot read the folder 'photos': too many levels of symbolic links; check its permissions"),
        (
            Path.mkdir,
            "the folder 'photos' has no images; it needs one subfolder per class with images in it",
        ),
        (_one_image, "the folder 'photos' holds only one class, 'cat'; a classifier needs two or more: "),
        (_loose_images, "the images in 'photos' are in no class folder; it needs one subfolder per class "),
        (
            _empty_class,
            "class folder 'photos/empty' contains no image (.jpg, .jpeg, .png, .webp, .bmp, .gif, .tif, ",
        ),
        (lambda root: draw(root, "cat", "dog", count=1), ("there are no ", "no training image of ")),
        (_only_text, "no image of class 'cat' can be read; replace its images or remove the class"),
    ],
    ids=[
        "missing",
        "file",
        "pipe",
        "loop",
        "empty",
        "one image",
        "loose",
        "empty class",
        "two images",
        "text",
    ],
)
def test_a_folder_without_images_of_two_classes_is_refused(
    root: Path, make: Callable[[Path], object], message: str | tuple[str, ...]
) -> None:
    make(root)
    with pytest.raises(DatasetError) as caught:
        found_in(root)
    assert str(caught.value).replace(f"{root.parent}/", "").startswith(message)


@pytest.mark.parametrize("name", ["x" * 300, f"{'y/' * 3000}z"])
@pytest.mark.parametrize("ending", ["", ".csv", ".npz", ".npy", ".zip", ".tar.gz"])
def test_a_path_that_cannot_be_is_refused(name: str, ending: str) -> None:
    with pytest.raises(DatasetError, match=r"there is no|cannot read"):
        open_dataset(f"./{name}{ending}", {}, FORMATS)


@pytest.mark.parametrize("ending", [".csv", ".npz", ".npy", ".zip", ".tar", ".tar.gz"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, ending: str, make: Callable[[Path], None]) -> None:
    path = tmp_path / f"set{ending}"
    make(path)
    with pytest.raises(DatasetError, match=r"there is no file|has no images"):
        open_dataset(str(path), {}, FORMATS)
