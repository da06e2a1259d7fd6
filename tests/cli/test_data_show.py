"""`zoo data show`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result
    from tests.cli.processes import LeanProcess


@pytest.fixture
def sorted_photos(photos: Path) -> Path:
    """The photos in folders for each split: 20 of each class for training, 6 for validation, 4 for the test."""
    root = photos.parent / "sorted"
    for name in ("cat", "dog"):
        for number, file in enumerate(sorted((photos / name).iterdir())):
            split = "train" if number < 20 else "val" if number < 26 else "test"
            (root / split / name).mkdir(parents=True, exist_ok=True)
            file.rename(root / split / name / file.name)
    return root


def test_a_dataset_is_shown(
    zoo: Callable[..., Result], sorted_photos: Path, plain: Callable[[str], str]
) -> None:
    zoo("data", "add", "home", sorted_photos)
    assert plain(zoo("data", "show", "home").out) == plain(
        f"dataset      home\nsource       {sorted_photos}\nversion      1, of 2026-01-01 00:00:00\n"
        f"fingerprint  sha256:{'0' * 64}\nimages       60 in 2 classes\nread as      12×12 RGB\n"
        "splits       of the dataset\nskipped      –\n\n"
        "class  train  validation  test\ncat       20           6     4\ndog       20           6     4\n"
        "all       40          12     8\n"
    )


def test_a_dataset_is_shown_without_a_registry(zoo: Callable[..., Result], photos: Path) -> None:
    result = zoo("data", "show", photos)
    assert (result.code, "not recorded yet" in result.out) == (0, True)
    assert not (photos.parent / "registry.db").exists()


def test_json_contains_everything(zoo: Callable[..., Result], sorted_photos: Path) -> None:
    zoo("data", "add", "home", sorted_photos)
    shown = json.loads(zoo("data", "show", "home", "--json").out)
    assert [version["version"] for version in shown.pop("versions")] == [1]
    assert len(shown.pop("fingerprint")) == 64
    assert shown == {
        "name": "home",
        "source": str(sorted_photos),
        "class_names": ["cat", "dog"],
        "counts": {
            "train": {"cat": 20, "dog": 20},
            "validation": {"cat": 6, "dog": 6},
            "test": {"cat": 4, "dog": 4},
        },
        "image_size": 12,
        "channels": 3,
        "brings_splits": True,
        "skipped": [],
        "notices": [],
    }


def test_a_change_is_shown(zoo: Callable[..., Result], added: Path, plain: Callable[[str], str]) -> None:
    (added / "cat" / "00.png").unlink()
    shown = zoo("data", "show", "home").out
    assert "version      none of the 1 recorded\n" in shown
    last = shown.splitlines()[-1]
    assert last.startswith("home has changed since version 1 of 20")
    assert last.endswith(": 60 images then, 59 now")


def test_a_name_and_a_folder_of_that_name_are_distinguished(refused: Callable[..., str], added: Path) -> None:
    shutil.copytree(added, added.parent / "home")
    assert refused("data", "show", "home") == (
        f"'home' is ambiguous: the dataset at {added} and the path ./home; write {added} or ./home"
    )


def test_a_named_dataset_that_is_gone_is_refused(refused: Callable[..., str], added: Path) -> None:
    added.rename(added.parent / "moved")
    assert refused("data", "show", "home") == f"there is no folder '{added}'; check the path"


@pytest.mark.usefixtures("added")
def test_showing_imports_nothing_large(lean: LeanProcess) -> None:
    result = lean("data", "show", "home")
    assert (result.code, result.err, result.imported) == (0, "", ())


@pytest.fixture
def added(zoo: Callable[..., Result], photos: Path) -> Path:
    """The folder of photos, named `home` in the registry."""
    assert zoo("data", "add", "home", photos).code == 0
    return photos
