"""Metrics that zoo does not ship: one row of the table and one function each, searched for from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.cli import run
from zoo.interfaces import Objective, State
from zoo.interfaces.metrics import METRICS, Metric
from zoo.registry import open_registry

if TYPE_CHECKING:
    from zoo.interfaces import ModelContent
    from zoo.training.evaluate import Predictions

PLUGIN_FILES = Path(__file__).parent.parent / "cli" / "plugin_files"
FIXED = ("learning_rate=0.01", "pooling=avg", "head_units=0", "dropout=0", "augmentation=none")


def doubt(predictions: Predictions) -> float:
    return float(1 - predictions.probabilities.max(axis=1).mean())


def tensors(content: ModelContent, seconds: float) -> float:
    return len(content.tensors)


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for row in (
        Metric("doubt", "1 - the highest probability", "min", high=1.0, of_split=f"{__name__}:doubt"),
        Metric("tensors", "number of variables", "min", of_training=f"{__name__}:tensors", whole=True),
    ):
        monkeypatch.setitem(METRICS, row.name, row)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))


def test_a_search_optimises_them_and_best_selects_by_them(capsys: pytest.CaptureFixture[str]) -> None:
    fixed = [part for value in FIXED for part in ("--set", value)]
    options = ["--objective", "val_doubt,tensors", "--algorithm", "grid", "--trials", "3", "--epochs", "2"]
    assert run(["search", "tiny", "blobs", *options, *fixed]) == 0
    with open_registry() as registry:
        (search,) = registry.searches()
        trials = registry.runs(search=search.id)
        best = registry.best("blobs", metric="val_doubt")
        doubts = {trial.id: registry.model(str(trial.model_id)).metrics["val_doubt"] for trial in trials}
    assert search.plan.objectives == (Objective("val_doubt", "min"), Objective("tensors", "min"))
    assert [trial.state for trial in trials] == [State.COMPLETED] * 3
    assert {trial.id: trial.scores["val_doubt"] for trial in trials} == doubts
    assert all(0 < value < 1 for value in doubts.values())
    assert len(set(doubts.values())) == 3
    assert best.id == search.best_model_id
    assert best.run_id == min(doubts, key=doubts.__getitem__)
    capsys.readouterr()
    assert run(["best", "blobs", "--metric", "doubt"]) == 0
    assert f"val doubt {doubts[best.run_id]:.4f}" in re.sub(" +", " ", capsys.readouterr().out)
    assert run(["compare", *(trial.id for trial in trials)]) == 0
    row = " ".join(f"{doubts[trial.id]:.4f}" for trial in trials)
    assert f"val doubt {row}" in re.sub(" +", " ", capsys.readouterr().out)


def test_a_metric_measured_at_the_end_stops_no_trial(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "tiny", "blobs", "--objective", "val_doubt", "--target", "0.1"]) == 1
    assert "--target is for one objective that is measured each epoch" in capsys.readouterr().err


def test_the_function_gets_a_whole_split() -> None:
    from zoo.training.evaluate import measure

    probabilities = np.array([[0.9, 0.1], [0.4, 0.6]])
    assert measure("test", np.array([0, 0]), probabilities, ("a", "b")).metrics["doubt"] == pytest.approx(
        0.25
    )
