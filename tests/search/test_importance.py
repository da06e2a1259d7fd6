"""The importance of hyperparameters for objectives of known causes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.plans import RUN_PLAN, changed
from zoo.errors import SearchError
from zoo.interfaces import Objective, Run, State, Trial
from zoo.interfaces.spaces import Choice, Fixed, Float
from zoo.search.importance import importance

if TYPE_CHECKING:
    from collections.abc import Callable

ACCURACY = Objective("val_accuracy", "max")


def choice(name: str, values: list[Any]) -> dict[str, Any]:
    return Choice(name, values[0], values=tuple(values)).to_config()


def number(name: str, low: float, high: float, sampling: str = "linear") -> dict[str, Any]:
    return Float(name, low, low=low, high=high, sampling=sampling).to_config()


SPACE = {
    "space": [
        choice("architecture", ["a", "b"]),
        number("a/depth", 0.0, 1.0),
        number("rate", 1e-4, 1e-2, "log"),
        number("noise", 0.0, 1.0),
        Fixed("optimizer", "adam").to_config(),
    ]
}


def run(number: int, values: dict[str, Any], score: float, state: State = State.COMPLETED) -> Run:
    plan = changed(RUN_PLAN, architecture="a")
    trial = Trial(str(number), number, values, 3)
    scores = {} if state is State.FAILED else {"val_accuracy": score}
    return Run(
        str(number), plan, state, "digits", 1, datetime(2026, 1, 1, tzinfo=UTC), trial=trial, scores=scores
    )


def runs(score_of: Callable[[dict[str, Any]], float], count: int = 30) -> list[Run]:
    """So many trials at random, scored by this function of their hyperparameters."""
    rng = np.random.default_rng(0)
    trials = []
    for number in range(1, count + 1):
        values = {
            "architecture": "ab"[rng.integers(2)],
            "rate": float(10 ** rng.uniform(-4, -2)),
            "noise": float(rng.uniform()),
            "tuner/epochs": 3,
            "optimizer": "adam",
        }
        if values["architecture"] == "a":
            values["a/depth"] = float(rng.uniform())
        trials.append(run(number, values, score_of(values)))
    return trials


@pytest.mark.parametrize(
    ("cause", "score_of"),
    [
        ("rate", lambda values: -np.log10(values["rate"])),
        ("architecture", lambda values: float(values["architecture"] == "a")),
        ("a/depth", lambda values: values.get("a/depth", 0.5)),
    ],
)
def test_the_cause_of_the_score_is_most_important(cause: str, score_of: Callable[..., float]) -> None:
    shares = importance(SPACE, runs(score_of), ACCURACY)
    assert next(iter(shares)) == cause
    assert shares[cause] > 0.6


def test_every_searched_hyperparameter_has_a_share_and_they_add_up() -> None:
    shares = importance(SPACE, runs(lambda values: values["noise"]), ACCURACY)
    assert set(shares) == {"architecture", "a/depth", "rate", "noise"}
    assert sum(shares.values()) == pytest.approx(1.0)


def test_the_same_trials_give_the_same_shares() -> None:
    trials = runs(lambda values: values["noise"], 8)
    assert importance(SPACE, trials, ACCURACY) == importance(SPACE, trials, ACCURACY)


def test_trials_that_did_not_complete_do_not_count() -> None:
    trials = runs(lambda values: values["noise"], 8)
    first = trials[0].trial
    assert first is not None
    others = [run(20, {**first.hyperparameters}, 99.0, State.PRUNED), run(21, {}, 0.0, State.FAILED)]
    assert importance(SPACE, [*trials, *others], ACCURACY) == importance(SPACE, trials, ACCURACY)


def refusal(space: dict[str, Any], trials: list[Run]) -> str:
    with pytest.raises(SearchError) as caught:
        importance(space, trials, ACCURACY)
    return str(caught.value)


def test_too_few_trials() -> None:
    assert refusal(SPACE, runs(lambda values: values["noise"], 3)) == (
        "the importance of hyperparameters needs 4 completed trials, but there are 3: search with more --trials"
    )


def test_equal_scores() -> None:
    assert refusal(SPACE, runs(lambda _: 0.5, 5)) == (
        "no hyperparameter makes a difference to val_accuracy among 5 completed trials: "
        "search with more --trials or --epochs"
    )


def test_nothing_searched() -> None:
    space = {"space": SPACE["space"][-1:]}
    assert refusal(space, runs(lambda values: values["noise"], 5)) == (
        "no hyperparameter was searched, so none has an importance: fix fewer with --set"
    )
