"""Failed trials, and searches whose trials fail or cannot be recorded."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.search.plain_search import Recorder, failing, plan, run_search, searched, train
from zoo.errors import RegistryError, SearchError

if TYPE_CHECKING:
    from zoo.interfaces import Trial, TrialOutcome
    from zoo.search.executors.reporter import TrialReporter


def test_a_failed_trial_is_recorded_and_the_search_continues() -> None:
    recorder = searched(plan(), failing(2))
    assert [score is None for _, score in recorder.ended] == [False, True, False, False, False]


def test_a_zoo_error_is_recorded_as_its_message() -> None:
    assert searched(plan(), failing(2)).errors == ["trial 2 went wrong"]


def test_any_other_error_is_recorded_with_its_traceback() -> None:
    (error,) = searched(plan(), failing(2, error=ValueError("bad shape"))).errors
    lines = error.strip().splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", "ValueError: bad shape")


def test_a_score_that_is_no_number_is_a_failure() -> None:
    def trained(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
        outcome = train(trial, reporter)
        return replace(outcome, scores={"val_accuracy": math.nan}) if trial.number == 2 else outcome

    recorder = searched(plan(), trained)
    assert (recorder.ended[1][1], recorder.errors) == (None, ["val_accuracy is not a number (NaN)"])


def test_three_failures_in_a_row_end_the_search() -> None:
    recorder = Recorder()
    with pytest.raises(
        SearchError, match=r"^stopped after 3 failed trials in a row; the last one: trial 4 went wrong$"
    ):
        run_search(plan(trials=9), failing(2, 3, 4), recorder)
    assert [trial.number for trial, _ in recorder.ended] == [1, 2, 3, 4]


def test_the_last_error_is_shown_in_one_line() -> None:
    with pytest.raises(SearchError, match=r"the last one: ValueError: bad shape$"):
        searched(plan(), failing(1, 2, 3, error=ValueError("bad shape")))


def test_a_success_in_between_resets_the_count_of_failures() -> None:
    assert len(searched(plan(trials=7), failing(1, 2, 4, 5, 7)).ended) == 7


def test_a_registry_error_ends_the_search_at_once() -> None:
    recorder, error = Recorder(), RegistryError("the disk is full")
    with pytest.raises(RegistryError, match="the disk is full"):
        run_search(plan(), failing(2, error=error), recorder)
    assert ([trial.number for trial in recorder.started], len(recorder.ended)) == ([1, 2], 1)


@pytest.mark.parametrize("call", ["trial_started", "trial_completed", "trial_failed"])
def test_a_trial_that_cannot_be_recorded_ends_the_search(call: str) -> None:
    class Full(Recorder):
        pass

    def full(*_: object) -> None:
        raise RegistryError("the disk is full")

    setattr(Full, call, full)
    recorder = Full()
    with pytest.raises(RegistryError, match="the disk is full"):
        run_search(plan(), failing(1) if call == "trial_failed" else train, recorder)
    assert len(recorder.started) == (0 if call == "trial_started" else 1)


def test_an_interruption_passes_through() -> None:
    def interrupted(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(plan(), interrupted)
