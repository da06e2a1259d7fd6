"""The table that moves while a search runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from zoo.cli.search_table import SearchTable, TrialLine, sparkline
from zoo.interfaces import Epoch, Objective, Run, RunKind, RunPlan, Search, SearchPlan, State, Trial

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPACE = {
    "space": [
        {"class_name": "Int", "config": {"name": "filters"}},
        {"class_name": "Fixed", "config": {"name": "optimizer"}},
    ]
}
PLAN = SearchPlan(
    architecture="tiny",
    architecture_version="1",
    plugin="here",
    algorithm="random",
    objective=Objective("val_loss", "min"),
    trials=3,
    epochs=4,
    seed=0,
    fixed={},
    space=SPACE,
    settings={},
    environment={},
)
SEARCH = Search("5ea7c4", PLAN, State.RUNNING, "blobs", 1, "plugin blobs", "host:1", NOW)


def line(number: int, losses: list[float], **fields: Any) -> TrialLine:
    hyperparameters = {"filters": number, "optimizer": "adam"}
    plan = RunPlan(RunKind.TRIAL, "tiny", "1", "here", hyperparameters, {}, {})
    trial = Trial(str(number), number, hyperparameters, epochs=4)
    run = Run(f"run{number}", plan, State.RUNNING, "blobs", 1, NOW, trial=trial)
    epochs = [Epoch(i, {"val_loss": loss}, 0.1) for i, loss in enumerate(losses, start=1)]
    return TrialLine(replace(run, **fields), epochs)


def render(*lines: TrialLine) -> list[str]:
    console = Console(width=100, record=True)
    with console.capture() as captured:
        console.print(SearchTable(SEARCH, {one.run.id: one for one in lines}).render())
    return [" ".join(text.split()) for text in captured.get().splitlines()]


def test_a_running_trial_shows_its_best_epoch_so_far() -> None:
    assert render(line(1, [0.9, 0.5, 0.7]))[1] == "1 running 0.5000 3/4 █▁▄ filters=1"


def test_a_completed_trial_shows_its_score() -> None:
    assert (
        render(line(1, [0.9], state=State.COMPLETED, score=0.25))[1] == "1 completed 0.2500 1/4 ▁ filters=1"
    )


def test_a_failed_trial_says_why() -> None:
    failed = line(1, [], state=State.FAILED, error="Traceback …\nValueError: no room")
    assert render(failed)[1] == "1 failed – 0/4 ValueError: no room"


def test_what_is_not_searched_is_not_shown() -> None:
    assert "optimizer" not in "".join(render(line(1, [0.9])))


def test_the_last_line_counts_trials_that_ended_and_names_the_best() -> None:
    lines = [
        line(1, [0.5], state=State.COMPLETED, score=0.5),
        line(2, [0.4], state=State.COMPLETED, score=0.4),
        line(3, [0.1]),
    ]
    assert render(*lines)[-1] == "2 of 3 trials, best val_loss 0.4000"


def test_an_interrupted_trial_has_not_ended() -> None:
    assert render(line(1, [0.5], state=State.INTERRUPTED))[-1] == "0 of 3 trials"


@pytest.mark.parametrize(
    ("values", "bars"), [([], ""), ([0.5, 0.5], "▁▁"), ([0.0, 1.0], "▁█"), ([1.0, 0.5, 0.0], "█▅▁")]
)
def test_a_sparkline_goes_from_the_lowest_to_the_highest(values: list[float], bars: str) -> None:
    assert sparkline(values) == bars
