"""The Pareto front of a search's trials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.registry import builders
from zoo.interfaces import Objective, Run, RunKind, State
from zoo.interfaces.pareto import pareto_front

ACCURACY, PARAMS = Objective("val_accuracy", "max"), Objective("params", "min")


def run(name: str, state: State = State.COMPLETED, **scores: float) -> Run:
    plan = builders.run_plan(RunKind.TRIAL)
    return Run(name, plan, state, "digits", 1, datetime(2026, 1, 1, tzinfo=UTC), scores=scores)


def ids(runs: list[Run]) -> list[str]:
    return [run.id for run in runs]


def test_each_direction_counts_and_the_first_objective_orders() -> None:
    runs = [
        run("small", val_accuracy=0.5, params=10),
        run("beaten", val_accuracy=0.8, params=200),
        run("good", val_accuracy=0.9, params=100),
    ]
    assert ids(pareto_front(runs, [ACCURACY, PARAMS])) == ["good", "small"]


def test_equal_in_one_and_beaten_in_another_is_beaten() -> None:
    runs = [run("more", val_accuracy=0.9, params=20), run("less", val_accuracy=0.9, params=10)]
    assert ids(pareto_front(runs, [ACCURACY, PARAMS])) == ["less"]


def test_equal_in_all_stay_in_their_order() -> None:
    runs = [run("b", val_accuracy=0.9, params=10), run("a", val_accuracy=0.9, params=10)]
    assert ids(pareto_front(runs, [ACCURACY, PARAMS])) == ["b", "a"]


@pytest.mark.parametrize(("objective", "best"), [(ACCURACY, ["b", "c"]), (PARAMS, ["a"])])
def test_one_objective_selects_all_the_best(objective: Objective, best: list[str]) -> None:
    runs = [
        run("a", val_accuracy=0.1, params=1),
        run("b", val_accuracy=0.9, params=2),
        run("c", val_accuracy=0.9, params=3),
    ]
    assert ids(pareto_front(runs, [objective])) == best


@pytest.mark.parametrize("state", [state for state in State if state is not State.COMPLETED])
def test_only_completed_runs(state: State) -> None:
    runs = [run("done", val_accuracy=0.1), run("other", state, val_accuracy=0.9)]
    assert ids(pareto_front(runs, [ACCURACY])) == ["done"]


def test_a_run_without_one_of_the_scores_is_left_out() -> None:
    runs = [run("half", val_accuracy=0.9), run("whole", val_accuracy=0.1, params=1)]
    assert ids(pareto_front(runs, [ACCURACY, PARAMS])) == ["whole"]


def test_no_runs_no_front() -> None:
    assert pareto_front([], [ACCURACY]) == []
