"""`zoo data add` and `zoo data show`: names, versions, changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result


@pytest.fixture
def added(zoo: Callable[..., Result], photos: Path) -> Path:
    """The folder of photos, named `home` in the registry."""
    assert zoo("data", "add", "home", photos).code == 0
    return photos


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


def test_a_dataset_is_named(zoo: Callable[..., Result], photos: Path, plain: Callable[[str], str]) -> None:
    result = zoo("data", "add", "home", photos)
    assert plain(result.out) == plain(
        f"dataset      home\nsource       {photos}\nversion      1, of 2026-01-01 00:00:00\n"
        f"fingerprint  sha256:{'0' * 64}\nimages       60 in 2 classes\n"
    )


def test_a_name_is_enough_from_then_on(
    zoo: Callable[..., Result], added: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (added.parent / "elsewhere").mkdir()
    monkeypatch.setenv("ZOO_REGISTRY", str(added.parent / "registry.db"))
    monkeypatch.chdir(added.parent / "elsewhere")
    assert json.loads(zoo("data", "show", "home", "--json").out)["source"] == str(added)


def test_a_dataset_is_shown(
    zoo: Callable[..., Result], sorted_photos: Path, plain: Callable[[str], str]
) -> None:
    zoo("data", "add", "home", sorted_photos)
    assert plain(zoo("data", "show", "home").out) == plain(
        f"dataset      home\nsource       {sorted_photos}\nversion      1, of 2026-01-01 00:00:00\n"
        f"fingerprint  sha256:{'0' * 64}\nimages       60 in 2 classes\nread as      12×12 RGB\n"
        "splits       brought along\nskipped      –\n\n"
        "class  train  validation  test\ncat       20           6     4\ndog       20           6     4\n"
        "all       40          12     8\n"
    )


def test_a_dataset_is_shown_without_a_registry(zoo: Callable[..., Result], photos: Path) -> None:
    result = zoo("data", "show", photos)
    assert (result.code, "not recorded yet" in result.out) == (0, True)
    assert not (photos.parent / "registry.db").exists()


def test_showing_as_json_tells_all(zoo: Callable[..., Result], sorted_photos: Path) -> None:
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


def test_a_change_is_told(zoo: Callable[..., Result], added: Path, plain: Callable[[str], str]) -> None:
    (added / "cat" / "00.png").unlink()
    shown = zoo("data", "show", "home").out
    assert "version      none of the 1 recorded\n" in shown
    last = shown.splitlines()[-1]
    assert last.startswith("home has changed since version 1 of 20")
    assert last.endswith(": 60 images then, 59 now")


def test_adding_again_after_a_change_is_the_next_version(zoo: Callable[..., Result], added: Path) -> None:
    (added / "cat" / "00.png").unlink()
    assert json.loads(zoo("data", "add", "home", added, "--json").out)["version"] == 2


def test_training_after_a_change_says_so_and_keeps_results_apart(
    zoo: Callable[..., Result], added: Path
) -> None:
    (added / "cat" / "00.png").unlink()
    told = zoo("train", "tiny", "home", "--epochs", "1").err
    change = next(line for line in told.splitlines() if "has changed" in line)
    assert change.endswith(": 60 images then, 59 now; this is version 2, its results are kept apart")


def test_the_best_of_an_older_version_is_asked_for(zoo: Callable[..., Result], added: Path) -> None:
    zoo("train", "tiny", "home", "--epochs", "1")
    (added / "cat" / "00.png").unlink()
    zoo("data", "add", "home", added)
    assert zoo("best", "home").err.startswith(
        "Error: no model yet for version 2 of home (1 for other versions:"
    )
    assert json.loads(zoo("best", "home", "--version", "1", "--json").out)["dataset_version"] == 1
    assert json.loads(zoo("best", "home", "--version", "all", "--json").out)["dataset_version"] == 1


def test_a_version_is_a_number_or_all(zoo: Callable[..., Result]) -> None:
    result = zoo("best", "home", "--version", "newest")
    assert (result.code, "'newest' is neither a number nor all" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("blobs", "the name 'blobs' is that of a plugin's dataset: choose another name"),
        (
            "a@b",
            "'a@b' cannot name a dataset: begin with a letter or digit, go on with letters, digits, '.', '_', '-'",
        ),
        (
            "tfds:x",
            "'tfds:x' cannot name a dataset: begin with a letter or digit, go on with letters, digits, '.', '_', '-'",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    refused: Callable[..., str], photos: Path, name: str, message: str
) -> None:
    assert refused("data", "add", name, photos) == message


def test_a_taken_name_is_refused(refused: Callable[..., str], added: Path) -> None:
    shutil.copytree(added, added.parent / "others")
    (added.parent / "others" / "cat" / "00.png").unlink()
    assert refused("data", "add", "home", added.parent / "others") == (
        f"the name 'home' is that of the dataset at {added}: choose another name, or make this its next version "
        "with --replace"
    )


def test_a_taken_name_may_be_replaced(zoo: Callable[..., Result], added: Path) -> None:
    shutil.copytree(added, added.parent / "others")
    (added.parent / "others" / "cat" / "00.png").unlink()
    result = zoo("data", "add", "home", added.parent / "others", "--replace", "--json")
    assert json.loads(result.out)["version"] == 2


def test_a_name_and_a_folder_of_that_name_are_told_apart(refused: Callable[..., str], added: Path) -> None:
    shutil.copytree(added, added.parent / "home")
    assert refused("data", "show", "home") == (
        f"'home' is ambiguous: the dataset at {added} and the path ./home; write {added} or ./home"
    )


def test_a_named_dataset_that_is_gone_is_told(refused: Callable[..., str], added: Path) -> None:
    added.rename(added.parent / "moved")
    assert refused("data", "show", "home") == f"there is no folder '{added}'; check the path"


def test_looking_at_datasets_imports_no_tensorflow(added: Path) -> None:
    code = (
        "import sys\nfrom zoo.cli import run\nassert run(['data', 'show', 'home']) == 0\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules)\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=added.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
