"""A search with its trials, as its plots need them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.reports.searches import ACCURACY, LOSS, PARAMS, TRIALS, choice, number, trials
from zoo.reports.search_trials import number_of


def test_only_trials_with_all_scores_are_completed() -> None:
    of = [*TRIALS[:2], ({"rate": 1e-3, "kind": "a"}, {"val_accuracy": 0.7})]
    searched = trials(ACCURACY, PARAMS, of=of, ends=2)
    assert (len(searched.runs), [number_of(run) for run in searched.completed]) == (7, [1, 2])


@pytest.mark.parametrize(
    ("objective", "order"), [(ACCURACY, [2, 3, 1]), (LOSS, [2, 3, 1]), (PARAMS, [1, 2, 3])]
)
def test_the_best_trial_comes_first(objective: object, order: list[int]) -> None:
    assert [number_of(run) for run in trials(objective).best_first] == order


def test_scores_are_those_of_the_first_objective_by_number() -> None:
    assert trials(PARAMS, ACCURACY).scores == [(1, 10), (2, 1000), (3, 5000)]


def test_axes_are_the_searched_hyperparameters_that_some_trial_has() -> None:
    space = (number("rate", 0, 1), choice("kind", "a", "b"), number("unused", 0, 1))
    assert [axis.name for axis in trials(space=space).axes] == ["rate", "kind"]


@pytest.mark.parametrize(("architectures", "several"), [("a", False), ("a,b", True)])
def test_several_architectures_are_noticed(architectures: str, several: bool) -> None:
    assert trials(architectures=architectures).several is several


@pytest.mark.parametrize(
    ("of", "ends", "line"),
    [
        (TRIALS, 2, "3 trials completed, 2 failed, 2 pruned, random on a, b"),
        (TRIALS[:1], 0, "1 trial completed, random on a, b"),
    ],
)
def test_one_line_counts_how_the_trials_ended(of: object, ends: int, line: str) -> None:
    assert trials(of=of, ends=ends, architectures="a,b").summary == line


def test_a_run_that_is_no_trial_has_number_0() -> None:
    assert number_of(replace(trials().runs[0], trial=None)) == 0
