"""A trial whose processes die at awkward moments, and what the search records of it, played out step by step."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from tests.search.plain_search import NOTHING, Recorder, plan
from zoo.errors import SearchError
from zoo.interfaces import Epoch, TrialOutcome
from zoo.search.decisions import CONTINUE, STOP, Decision, prune
from zoo.search.executors.executor import Executor
from zoo.search.executors.reporter import Completed, Died, EndedByPruning, EpochEnded, Failed
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.executors.executor import Receive
    from zoo.search.executors.reporter import Result

COMPLETED = Completed(TrialOutcome({"val_accuracy": 0.5}, NOTHING, ()))
DIED = Died("its process died")


class Played(Executor):
    """Plays back what a trial does: it reports the epochs of these numbers, and ends.

    Args:
        slots_left: what `slots` returns, time and again.
    """

    retries = 2

    def __init__(self, *steps: int | Result, slots_left: tuple[int, ...] = ()) -> None:
        super().__init__(lambda trial: trial, lambda assigned, reporter: COMPLETED.outcome)
        self.steps, self.slots_left = deque(steps), deque(slots_left)
        self.decisions: list[Decision] = []
        self.submitted: list[Trial] = []
        self.closed = False

    def slots(self) -> int:
        if self.slots_left and self.slots_left.popleft() == 0:
            raise SearchError("the trial fits no node")
        return 1

    def submit(self, trial: Trial) -> None:
        self.submitted.append(trial)

    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        step = self.steps.popleft()
        trial = self.submitted[-1]
        if isinstance(step, int):
            epoch = Epoch(step, {"val_accuracy": 0.1 * step}, 0.1)
            self.decisions.append(receive(trial, EpochEnded(epoch, b"")))
            return None
        return trial, step

    def close(self) -> None:
        self.closed = True


class Listener(Recorder):
    """Also writes down the epochs."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[int] = []

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.epochs.append(epoch.number)


class PruningLoop(TrialLoop):
    """Prunes each trial at its second epoch."""

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> Decision:
        decision = super().epoch_ended(trial, epoch, checkpoint)
        return prune("not worth it") if epoch.number == 2 else decision


def play(*steps: int | Result, loop: type[TrialLoop] = TrialLoop, **settings: Any) -> tuple[Played, Listener]:
    """A search of one trial."""
    executor, recorder = Played(*steps), Listener()
    run_trials(loop(plan(trials=1, **settings), recorder), executor)
    return executor, recorder


def test_an_epoch_is_answered_as_the_search_decides() -> None:
    executor, _ = play(1, 2, COMPLETED, target=0.2)
    assert executor.decisions == [CONTINUE, STOP]


def test_an_epoch_that_a_retry_repeats_is_recorded_once() -> None:
    executor, recorder = play(1, 2, DIED, 1, 2, 3, COMPLETED)
    assert executor.decisions == [CONTINUE] * 5
    assert recorder.epochs == [1, 2, 3]


def test_a_repeated_epoch_is_stopped_where_the_search_is_over() -> None:
    executor, _ = play(1, 2, DIED, 2, COMPLETED, target=0.2)
    assert executor.decisions == [CONTINUE, STOP, STOP]


def test_a_pruned_trial_is_recorded_before_its_training_ends() -> None:
    executor, recorder = Played(1, 2), Listener()
    with pytest.raises(IndexError):  # it never does
        run_trials(PruningLoop(plan(trials=1), recorder), executor)
    assert recorder.pruned == {1: "not worth it"}
    assert executor.decisions[-1] == prune("not worth it")


@pytest.mark.parametrize("result", [COMPLETED, Failed("no luck"), EndedByPruning(), DIED])
def test_the_result_of_a_pruned_trial_does_not_matter(result: Result) -> None:
    executor, recorder = play(1, 2, result, loop=PruningLoop)
    assert (recorder.ended, recorder.pruned, len(executor.submitted)) == ([], {1: "not worth it"}, 1)


def test_a_pruned_trial_that_trains_on_is_stopped() -> None:
    """Its process had not taken the answer."""
    executor, recorder = play(1, 2, 3, EndedByPruning(), loop=PruningLoop)
    assert executor.decisions[-1] == STOP
    assert recorder.epochs == [1, 2]


def test_a_trial_fails_when_its_retries_are_used_up() -> None:
    executor, recorder = play(DIED, 1, DIED, DIED)
    assert (len(executor.submitted), recorder.errors) == (3, ["its process died"])


def test_a_trial_that_fits_nowhere_any_more_ends_the_search() -> None:
    executor, recorder = Played(DIED, slots_left=(1, 1, 0)), Listener()
    with pytest.raises(SearchError, match=r"^the trial fits no node$"):
        run_trials(TrialLoop(plan(trials=1), recorder), executor)
    assert executor.closed
