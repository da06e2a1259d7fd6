"""`zoo predict`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_predict(zoo: Callable, trained: Path, photos: Path) -> None:
    files = ["photos/cat/00.png", "photos/dog/00.png"]
    predictions = json.loads(zoo("predict", "photos@best", *files, "--json").out)
    tops = ["  ".join(f"{name} {p:.1%}" for name, p in row["probabilities"].items()) for row in predictions]
    assert zoo("predict", "photos@best", *files).out == (
        "file               class  top 3\n"
        + "".join(
            f"{file}  {row['class']}    {top}\n"
            for file, row, top in zip(files, predictions, tops, strict=True)
        )
    )


def test_predict_shows_as_many_classes_as_asked(zoo: Callable, trained: Path, photos: Path) -> None:
    (prediction,) = json.loads(zoo("predict", "photos@best", "photos/cat/00.png", "--top", 1, "--json").out)
    assert list(prediction["probabilities"]) == [prediction["class"]]
