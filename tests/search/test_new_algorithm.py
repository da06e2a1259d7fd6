"""An algorithm that zoo does not ship: one row of the table and one oracle, searched with from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras_tuner
import pytest

from zoo.cli import run
from zoo.interfaces import State
from zoo.interfaces.algorithms import ALGORITHMS, Algorithm
from zoo.registry import open_registry
from zoo.search.history import HistoryOracle

if TYPE_CHECKING:
    from zoo.interfaces import HyperparameterValue, SearchPlan

PLUGIN_FILES = Path(__file__).parent.parent / "cli" / "plugin_files"
FIXED = ("learning_rate=0.01", "pooling=avg", "head_units=0", "dropout=0", "augmentation=none")


class CountdownOracle(HistoryOracle, keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Takes the largest number of filters first."""

    def choose(self, trial_id: str) -> dict[str, HyperparameterValue] | None:
        hp = self.get_space()
        tried = {trial.hyperparameters.values["filters"] for trial in self.trials.values()}
        left = [filters for filters in (4, 3, 2, 1) if filters not in tried]
        return {**hp.values, "filters": left[0]} if left else None


def countdown(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    return CountdownOracle(max_trials=plan.trials, **options)


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Algorithm("countdown", "the largest first", f"{__name__}:countdown", own_order=True)
    monkeypatch.setitem(ALGORITHMS, row.name, row)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))


def test_its_oracle_chooses_the_trials() -> None:
    fixed = [part for value in FIXED for part in ("--set", value)]
    options = ["--algorithm", "countdown", "--trials", "3", "--epochs", "1"]
    assert run(["search", "tiny", "blobs", *options, *fixed]) == 0
    with open_registry() as registry:
        (stored,) = registry.searches()
        trials = registry.runs(search=stored.id)
    assert (stored.plan.algorithm, stored.state) == ("countdown", State.COMPLETED)
    assert [trial.plan.hyperparameters["filters"] for trial in trials] == [4, 3, 2]


def test_its_row_limits_what_it_may_be_combined_with(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--algorithm", "countdown", "--objective", "val_accuracy,params"]
    assert run(["search", "tiny", "blobs", *options]) == 1
    assert "countdown optimises one objective" in capsys.readouterr().err
