"""Pruning: at which epoch a trial is stopped, and the reason it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.interfaces import Objective
from zoo.search.pruning import Pruning

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")
RISING, FALLING = (0.5, 0.7, 0.9), (0.9, 0.7, 0.5)


def answers_of(pruning: Pruning, curve: Sequence[float], *, finished: bool = True) -> list[str | None]:
    """Train a trial through all these epochs and return the answer to each report."""
    trial = pruning.start()
    answers = [trial.report(epoch, value) for epoch, value in enumerate(curve, start=1)]
    trial.end(finished=finished)
    return answers


def median_of(count: int, curve: Sequence[float], objective: Objective = ACCURACY) -> Pruning:
    """After so many trials of that curve."""
    pruning = Pruning("median", objective)
    for _ in range(count):
        answers_of(pruning, curve)
    return pruning


@pytest.mark.parametrize(("finished", "pruned"), [(2, False), (3, True)])
def test_median_needs_three_finished_trials(finished: int, pruned: bool) -> None:
    assert any(answers_of(median_of(finished, RISING), (0.1, 0.2))) is pruned


def test_median_spares_the_first_epoch() -> None:
    assert [bool(answer) for answer in answers_of(median_of(3, RISING), (0.1, 0.2))] == [False, True]


def test_median_compares_the_best_so_far() -> None:
    assert answers_of(median_of(3, RISING), (0.6, 0.2))[1] == (
        "val_accuracy 0.6000 at best by epoch 2, where the median of 3 trials is 0.7000"
    )


def test_median_of_a_minimised_objective() -> None:
    assert answers_of(median_of(3, FALLING, LOSS), (0.8, 0.9))[1] == (
        "val_loss 0.8000 at best by epoch 2, where the median of 3 trials is 0.7000"
    )


def test_median_spares_the_least_of_a_minimised_objective() -> None:
    assert answers_of(median_of(3, FALLING, LOSS), (0.3, 0.2)) == [None, None]


def test_a_trial_that_did_not_finish_is_no_part_of_the_median() -> None:
    pruning = median_of(3, RISING)
    answers_of(pruning, (0.9, 0.9), finished=False)
    assert "median of 3 trials is 0.7000" in str(answers_of(pruning, (0.1, 0.2))[1])


def test_a_finished_trial_that_is_shorter_is_no_part_of_the_median() -> None:
    pruning = median_of(3, RISING)
    answers_of(pruning, (0.1,))
    assert "median of 3 trials is 0.7000" in str(answers_of(pruning, (0.1, 0.2))[1])


def test_asha_looks_at_epochs_1_3_and_9() -> None:
    pruning = Pruning("asha", ACCURACY)
    answers_of(pruning, [0.9] * 9)
    assert [number for number, answer in enumerate(answers_of(pruning, [0.1] * 9), start=1) if answer] == [
        1,
        3,
        9,
    ]


def test_asha_of_a_minimised_objective() -> None:
    pruning = Pruning("asha", LOSS)
    answers = [answers_of(pruning, (value,))[0] for value in (0.1, 0.5, 0.05)]
    assert answers == [
        None,
        "val_loss 0.5000 at epoch 1 is not among the best 1 in 3 of 2 trials there",
        None,
    ]


def test_asha_compares_with_trials_under_way() -> None:
    pruning = Pruning("asha", ACCURACY)
    pruning.start().report(1, 0.9)
    assert answers_of(pruning, (0.1,)) == [
        "val_accuracy 0.1000 at epoch 1 is not among the best 1 in 3 of 2 trials there"
    ]


def test_a_trial_without_epochs_counts_for_nothing() -> None:
    pruning = median_of(2, RISING)
    answers_of(pruning, ())
    assert answers_of(pruning, (0.1, 0.2)) == [None, None]
