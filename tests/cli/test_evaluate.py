"""`zoo evaluate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_evaluate(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("evaluate", "blobs@best", "blobs").out) == (
        "model  ID\n"
        "dataset  blobs, version 1, test split, 18 images\n"
        "accuracy  #.####\n"
        "loss  #.####\n"
        "f1  #.####\n"
        "precision  #.####\n"
        "recall  #.####\n"
        "\n"
        "class  precision  recall  f1  images\n"
        "dark  #.####  #.####  #.####  9\n"
        "light  #.####  #.####  #.####  9\n"
    )


def test_evaluate_keeps_the_metrics(zoo: Callable, trained: Path) -> None:
    zoo("evaluate", "blobs@best", "blobs-reversed", "--split", "train")
    metrics = json.loads(zoo("show", "blobs@best", "--json").out)["metrics"]
    assert {"precision", "recall", "f1", "loss", "accuracy"} == {
        metric["name"]
        for metric in metrics
        if (metric["dataset"], metric["split"]) == ("blobs-reversed", "train")
    }
