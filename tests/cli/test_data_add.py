"""`zoo data add` and `zoo data show`: names, versions, changes."""

from __future__ import annotations

import json
import shutil
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


def test_adding_again_after_a_change_is_the_next_version(zoo: Callable[..., Result], added: Path) -> None:
    (added / "cat" / "00.png").unlink()
    assert json.loads(zoo("data", "add", "home", added, "--json").out)["version"] == 2


def test_training_after_a_change_says_so_and_keeps_results_apart(
    zoo: Callable[..., Result], added: Path
) -> None:
    (added / "cat" / "00.png").unlink()
    output = zoo("train", "tiny", "home", "--epochs", "1").err
    change = next(line for line in output.splitlines() if "has changed" in line)
    assert change.endswith(": 60 images then, 59 now; this is version 2, its results are kept apart")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("blobs", "the name 'blobs' is that of a plugin's dataset: choose another name"),
        (
            "a@b",
            "'a@b' cannot name a dataset: use letters, digits, '.', '_' and '-', beginning with a letter or digit",
        ),
        (
            "tfds:x",
            "'tfds:x' cannot name a dataset: use letters, digits, '.', '_' and '-', beginning with a letter or digit",
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
        f"the name 'home' belongs to the dataset at {added}: choose another name, or make this its next version "
        "with --replace"
    )


def test_a_taken_name_may_be_replaced(zoo: Callable[..., Result], added: Path) -> None:
    shutil.copytree(added, added.parent / "others")
    (added.parent / "others" / "cat" / "00.png").unlink()
    result = zoo("data", "add", "home", added.parent / "others", "--replace", "--json")
    assert json.loads(result.out)["version"] == 2
