"""`zoo best`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.expected import model_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result


def test_best(zoo: Callable, trained: Path, plain: Callable) -> None:
    expected = model_fields("blobs", "2: dark, light")
    assert plain(zoo("best", "blobs").out) == expected


def test_best_shows_the_metric_that_was_asked_for(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert "\nval loss  #.####\ntest loss  #.####\n" in plain(
        zoo("best", "blobs", "--metric", "val_loss").out
    )


def test_best_within_limits(zoo: Callable, trained: Path, refused: Callable) -> None:
    assert refused("best", "blobs", "--max-params", 100) == (
        "none of the 3 models for blobs meets --max-params 100: relax --max-params 100"
    )


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


@pytest.fixture
def added(zoo: Callable[..., Result], photos: Path) -> Path:
    """The folder of photos, named `home` in the registry."""
    assert zoo("data", "add", "home", photos).code == 0
    return photos


def test_a_version_of_a_dataset_is_a_plain_number(zoo: Callable) -> None:
    result = zoo("best", "blobs", "--version", "١")
    assert (result.code, "'١' is neither a number nor all" in result.err) == (2, True)
