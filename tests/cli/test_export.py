"""`zoo export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def best(zoo: Callable, trained: Path) -> str:
    return json.loads(zoo("best", "blobs", "--json").out)["id"]


def test_a_model_is_named_after_its_dataset(zoo: Callable, best: str, plain: Callable) -> None:
    result = zoo("export", "blobs@best")
    size = Path(f"blobs-{best}.keras").stat().st_size
    assert result.code == 0
    assert plain(result.out) == (
        f"model  ID\nformat  keras\npath  blobs-ID.keras\nsize  {size / 1000:.1f} kB\noutputs  0 = dark, 1 = light\n"
    )


def test_the_place_can_be_chosen(zoo: Callable, best: str) -> None:
    zoo("export", best, "--format", "h5", "--output", "mine.h5")
    assert keras.models.load_model("mine.h5", compile=False).output_shape == (None, 2)


@pytest.mark.parametrize(("name", "file_format"), [("mine.h5", "h5"), ("mine.keras", "keras")])
def test_the_format_follows_from_the_name(zoo: Callable, best: str, name: str, file_format: str) -> None:
    answer = json.loads(zoo("export", best, "--output", name, "--json").out)
    assert (answer["path"], answer["format"]) == (name, file_format)
    assert keras.models.load_model(name, compile=False).output_shape == (None, 2)


def test_a_format_that_is_called_otherwise(refused: Callable, best: str) -> None:
    assert refused("export", best, "--format", "keras", "--output", "mine.h5") == (
        "mine.h5 must end in .keras: Keras reads a file of format keras only with that suffix"
    )


def test_json(zoo: Callable, best: str) -> None:
    result = zoo("export", best, "--format", "saved-model", "--json")
    assert result.code == 0, result.err
    answer = json.loads(result.out)
    assert answer.pop("bytes") > 1000
    assert answer == {
        "model": best,
        "format": "saved-model",
        "path": f"blobs-{best}",
        "class_names": ["dark", "light"],
    }


def test_a_folder_that_is_not_there(refused: Callable, best: str) -> None:
    assert refused("export", best, "--output", "gone/mine.h5") == (
        "there is no folder gone: create it, or choose another path with --output"
    )


def test_an_unknown_format(refused: Callable, best: str) -> None:
    assert refused("export", best, "--format", "kreas") == "unknown format 'kreas': did you mean 'keras'?"
