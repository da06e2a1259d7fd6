"""Attempts to train a trial elsewhere: what they make of the search's answers, and what the search hears of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.search.plain_search import NOTHING, Recorder, plan
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, TrialOutcome
from zoo.search.executors.retries import Hearing, attempt
from zoo.search.loop import TrialLoop
from zoo.search.pruning import Pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Trial

OUTCOME = TrialOutcome({"val_accuracy": 0.5}, NOTHING, ())


class Listener(Recorder):
    """Also writes down the epochs; prunes the trial at the epoch that it is told to."""

    def __init__(self, prunes_at: int | None = None) -> None:
        super().__init__()
        self.prunes_at = prunes_at
        self.epochs: list[int] = []

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.epochs.append(epoch.number)
        if epoch.number == self.prunes_at:
            raise Pruned("not worth it")


def heard(recorder: Listener, **settings: Any) -> Hearing:
    """A trial that has just started."""
    loop = TrialLoop(plan(settings=settings), recorder)
    trial = loop.next_trial()
    assert trial is not None
    return Hearing(loop, trial)


def report(hearing: Hearing, *numbers: int) -> list[bool | str]:
    return [hearing.report(Epoch(number, {"val_accuracy": 0.1 * number}, 0.1), b"") for number in numbers]


# What the search hears -------------------------------------------------------------------------------------


def test_an_epoch_is_answered_as_the_search_says() -> None:
    assert report(heard(Listener(), target=0.2), 1, 2) == [False, True]


def test_an_epoch_that_a_second_attempt_repeats_is_not_heard() -> None:
    hearing = heard(recorder := Listener())
    assert report(hearing, 1, 2, 1, 2, 3) == [False] * 5
    assert recorder.epochs == [1, 2, 3]


def test_a_repeated_epoch_is_answered_that_the_search_is_over() -> None:
    assert report(heard(Listener(), target=0.2), 1, 2, 2) == [False, True, True]


def test_a_pruned_trial_is_answered_why() -> None:
    assert report(heard(Listener(prunes_at=2)), 1, 2) == [False, "not worth it"]


def test_a_pruned_trial_is_recorded_at_once() -> None:
    hearing = heard(recorder := Listener(prunes_at=2))
    report(hearing, 1, 2)
    assert recorder.pruned == {1: "not worth it"}


def test_what_a_pruned_trial_goes_on_to_train_is_not_heard() -> None:
    """Its process died before it took the answer."""
    hearing = heard(recorder := Listener(prunes_at=2))
    assert report(hearing, 1, 2, 3) == [False, "not worth it", True]
    assert recorder.epochs == [1, 2]


@pytest.mark.parametrize("result", [OUTCOME, "no luck", None], ids=["outcome", "error", "nothing"])
def test_how_a_pruned_trial_ends_is_not_heard(result: TrialOutcome | str | None) -> None:
    hearing = heard(recorder := Listener(prunes_at=2))
    report(hearing, 1, 2)
    hearing.ended(result)
    assert (recorder.ended, recorder.pruned) == ([], {1: "not worth it"})


@pytest.mark.parametrize(("result", "score"), [(OUTCOME, 0.5), ("no luck", None)], ids=["outcome", "error"])
def test_a_trial_ends_with_what_its_attempt_gave(result: TrialOutcome | str, score: float | None) -> None:
    hearing = heard(recorder := Listener())
    hearing.ended(result)
    assert [told for _, told in recorder.ended] == [score]


# What an attempt makes of it -------------------------------------------------------------------------------


def training(*, error: BaseException | None = None) -> Callable[..., TrialOutcome]:
    """Trains epochs until it is told to end, or at most three, and gives their number as the score."""

    def train(assigned: object, ask: Callable[[Epoch, bytes], bool]) -> TrialOutcome:
        if error is not None:
            raise error
        for number in (1, 2, 3):
            if ask(Epoch(number, {}, 0.1), b""):
                break
        return TrialOutcome({"epochs": float(number)}, NOTHING, ())

    return train


@pytest.mark.parametrize(("verdict", "epochs"), [(False, 3.0), (True, 1.0)])
def test_an_attempt_trains_until_it_is_told_to_end(verdict: bool, epochs: float) -> None:
    result = attempt(training(), None, lambda epoch, checkpoint: verdict)
    assert isinstance(result, TrialOutcome)
    assert result.scores == {"epochs": epochs}


def test_an_attempt_that_is_told_why_to_prune_gives_nothing() -> None:
    assert attempt(training(), None, lambda epoch, checkpoint: "not worth it") is None


def test_an_error_of_zoo_is_told_in_its_own_words() -> None:
    assert attempt(training(error=TrainingError("no luck")), None, lambda *_: False) == "no luck"


@pytest.mark.parametrize(
    ("error", "last"),
    [(ValueError("bad shape"), "ValueError: bad shape"), (SystemExit(3), "SystemExit: 3")],
    ids=["error", "exit"],
)
def test_any_other_end_of_an_attempt_is_told_with_its_traceback(error: BaseException, last: str) -> None:
    lines = str(attempt(training(error=error), None, lambda *_: False)).strip().splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", last)
