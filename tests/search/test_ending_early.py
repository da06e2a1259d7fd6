"""Ending a trial before its last epoch (pruning), and a search before its last trial (target, time limit)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.search.plain_search import NOTHING, Recorder, past_of, plan, run_search, searched, train
from zoo.interfaces import Epoch, TrialOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.search.plain_search import Train
    from zoo.interfaces import Trial
    from zoo.search.executors.reporter import TrialReporter


def trained_for(*epochs: float, trials: Mapping[int, Sequence[float]] | None = None) -> Train:
    """Training whose objective has these values after its epochs, or others in the trials of these numbers."""

    def trained(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
        values = (trials or {}).get(trial.number, epochs)
        counts = []
        for number, value in enumerate(values, start=1):
            counts.append(value)
            if reporter.report(Epoch(number, {"val_accuracy": value}, 0.1), b""):
                break
        return TrialOutcome({"val_accuracy": max(counts)}, NOTHING, ())

    return trained


GOOD, POOR = (0.5, 0.7, 0.9), (0.1, 0.2, 0.3)


def test_median_prunes_trials_worse_than_the_median_of_finished_trials() -> None:
    recorder = searched(plan(pruner="median"), trained_for(*GOOD, trials={3: POOR, 5: POOR}))
    assert recorder.pruned == {
        5: "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
    }


def test_asha_prunes_all_but_the_best_third() -> None:
    recorder = searched(plan("asha", pruner="asha"), trained_for(*GOOD, trials={2: POOR}))
    assert recorder.pruned[2] == (
        "val_accuracy 0.1000 at epoch 1 is not among the best 1 in 3 of 2 trials there"
    )


def test_nothing_is_pruned_unless_asked_for() -> None:
    recorder = searched(plan(), trained_for(*GOOD, trials={5: POOR}))
    assert (recorder.pruned, len(recorder.ended)) == ({}, 5)


def test_a_search_prunes_as_if_it_had_not_been_interrupted() -> None:
    search_plan = plan(pruner="median")
    past = past_of(searched(search_plan, trained_for(*GOOD)).ended[:4], GOOD)
    recorder = Recorder()
    run_search(search_plan, trained_for(*POOR), recorder, past)
    assert recorder.pruned == {
        5: "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
    }


def test_the_target_ends_the_search_with_the_trial_that_meets_it() -> None:
    recorder = Recorder()
    reason = run_search(plan(target=0.7), trained_for(*POOR, trials={2: GOOD}), recorder)
    assert (reason, [score for _, score in recorder.ended]) == (
        "the target is reached: val_accuracy 0.7000",
        [0.3, 0.7],
    )


def test_the_time_ends_the_search_after_an_epoch() -> None:
    recorder = Recorder()
    reason = run_search(plan(max_seconds=0.0), trained_for(*GOOD), recorder)
    assert reason == "the time limit is reached after 1 of 5 trials"
    assert [score for _, score in recorder.ended] == [0.5]


def test_a_search_in_time_says_nothing() -> None:
    assert run_search(plan(max_seconds=1000.0, target=2.0), train, Recorder()) is None
