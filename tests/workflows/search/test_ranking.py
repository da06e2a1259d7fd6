"""The choice of the trials of a search whose models are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.plans import RUN_PLAN, SEARCH_PLAN, changed
from zoo.interfaces import (
    Evaluation,
    ModelContent,
    Objective,
    Run,
    State,
    Trial,
    TrialOutcome,
)
from zoo.workflows.search.ranking import Ranking

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCURACY, PARAMS = Objective("val_accuracy", "max"), Objective("params", "min")


def ranking(keep: int | None, *objectives: Objective) -> Ranking:
    return Ranking(changed(SEARCH_PLAN, objectives=objectives or (ACCURACY,), keep=keep))


def trial(number: int) -> Run:
    plan = RUN_PLAN
    return Run(
        str(number), plan, State.RUNNING, "blobs", 1, NOW, trial=Trial(str(number), number, {}, epochs=1)
    )


def outcome(accuracy: float, *, loss: float = 0.5, parameters: int = 4) -> TrialOutcome:
    content = ModelContent({}, 8, 1, ("a", "b"), (), (), {"kernel": np.zeros(parameters)}, ())
    measured = Evaluation("validation", {"loss": loss}, {}, np.zeros(0), np.zeros(0))
    # Of the test split nothing must be looked at, so there the worst looks best.
    tested = Evaluation("test", {"loss": -loss}, {}, np.zeros(0), np.zeros(0))
    return TrialOutcome({"val_accuracy": accuracy, "params": float(parameters)}, content, (tested, measured))


def add(ranks: Ranking, *outcomes: TrialOutcome) -> list[bool]:
    """Trials 1, 2, … with these outcomes."""
    return [ranks.add(trial(number), outcome) for number, outcome in enumerate(outcomes, start=1)]


def test_a_trial_that_is_not_among_the_best_is_not_worth_keeping() -> None:
    assert add(ranking(2), outcome(0.5), outcome(0.6), outcome(0.4), outcome(0.7)) == [
        True,
        True,
        False,
        True,
    ]


def test_the_losers_are_named_once() -> None:
    ranks = ranking(2)
    add(ranks, outcome(0.5), outcome(0.6), outcome(0.7))
    assert (ranks.forget_losers(), ranks.forget_losers()) == (["1"], [])


def test_a_search_without_a_limit_keeps_all() -> None:
    ranks = ranking(None)
    assert (add(ranks, *[outcome(0.5)] * 5), ranks.forget_losers()) == ([True] * 5, [])


def test_the_least_of_a_minimised_objective_is_kept() -> None:
    ranks = ranking(1, PARAMS)
    add(ranks, outcome(0.5, parameters=3), outcome(0.9, parameters=2), outcome(0.9, parameters=4))
    assert ranks.forget_losers() == ["1", "3"]


@pytest.mark.parametrize(
    "tied",
    [
        (outcome(0.5, loss=0.2), outcome(0.5, loss=0.1)),
        (outcome(0.5, parameters=4), outcome(0.5, parameters=3)),
    ],
    ids=["the lower loss", "fewer parameters"],
)
def test_of_equal_scores_the_second_wins_by(tied: tuple[TrialOutcome, TrialOutcome]) -> None:
    ranks = ranking(1)
    add(ranks, *tied)
    assert ranks.forget_losers() == ["1"]


def test_of_trials_equal_in_all_the_earlier_is_kept() -> None:
    assert add(ranking(1), outcome(0.5), outcome(0.5)) == [True, False]


def test_of_several_objectives_the_whole_front_is_kept() -> None:
    ranks = ranking(1, ACCURACY, PARAMS)
    front = outcome(0.9, parameters=9), outcome(0.8, parameters=5), outcome(0.7, parameters=3)
    assert add(ranks, *front) == [True, True, True]


def test_of_several_objectives_the_beaten_are_not_kept() -> None:
    ranks = ranking(2, ACCURACY, PARAMS)
    beaten = outcome(0.85, parameters=9)
    add(ranks, outcome(0.9, parameters=9), beaten, outcome(0.8, parameters=5))
    assert ranks.forget_losers() == ["2"]


def past(number: int, score: float, **fields: Any) -> Run:
    """A completed trial whose model has 4 parameters."""
    ended = {"state": State.COMPLETED, "scores": {"val_accuracy": score}, "parameters": 4}
    return replace(trial(number), **{**ended, "model_id": f"m{number}", **fields})


def test_models_of_before_an_interruption_count() -> None:
    ranks = ranking(1)
    ranks.add_past(past(1, 0.9))
    assert ranks.add(trial(2), outcome(0.8)) is False


def test_a_trial_of_before_that_was_not_worth_keeping_stays_so() -> None:
    ranks = ranking(1)
    ranks.add_past(past(1, 0.9, model_id=None, parameters=None))
    assert ranks.add(trial(2), outcome(0.8)) is True


def test_models_of_before_are_tied_by_their_loss() -> None:
    ranks = ranking(1)
    ranks.add_past(past(1, 0.9, val_loss=0.3))
    ranks.add(trial(2), outcome(0.9, loss=0.2))
    assert ranks.forget_losers() == ["1"]


def test_models_of_before_are_tied_by_their_parameters() -> None:
    ranks = ranking(1)
    ranks.add_past(past(1, 0.9, val_loss=0.5))
    ranks.add(trial(2), outcome(0.9, parameters=3))
    assert ranks.forget_losers() == ["1"]


def test_an_earlier_model_without_a_loss_is_dropped() -> None:
    ranks = ranking(1)
    ranks.add_past(past(1, 0.9))
    ranks.add(trial(2), outcome(0.9, loss=9.0))
    assert ranks.forget_losers() == ["1"]


def test_an_outcome_without_a_loss_is_dropped() -> None:
    ranks = ranking(1)
    add(ranks, replace(outcome(0.5), evaluations=()), outcome(0.5, loss=9.0))
    assert ranks.forget_losers() == ["1"]


def test_of_equal_trials_the_earlier_is_kept_though_it_ended_later() -> None:
    ranks = ranking(1)
    for number in (2, 1):
        ranks.add(trial(number), outcome(0.5))
    assert ranks.forget_losers() == ["2"]


def test_of_several_objectives_a_small_front_leaves_room_for_others() -> None:
    ranks = ranking(2, ACCURACY, PARAMS)
    add(ranks, outcome(0.9, parameters=3), outcome(0.8, parameters=4), outcome(0.7, parameters=5))
    assert ranks.forget_losers() == ["3"]
