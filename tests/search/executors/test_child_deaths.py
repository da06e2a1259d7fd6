"""Trials whose process dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from tests.search.executors.child_trials import DIES, Work, train
from tests.search.plain_search import Recorder, plan
from zoo.search.executors.child_process import ChildProcessExecutor
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from zoo.interfaces import Epoch, Trial, TrialOutcome


@dataclass
class Listener(Recorder):
    """Also records the epochs and the assignments."""

    epochs: list[int] = field(default_factory=list)
    assigned: list[int] = field(default_factory=list)

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.epochs.append(epoch.number)

    def fatal(self, trial: Trial) -> Work:
        """From its first epoch on, and its process dies in it."""
        self.assigned.append(trial.number)
        return Work(replace(trial, number=DIES), 0)

    def harmless(self, trial: Trial) -> Work:
        self.assigned.append(trial.number)
        return Work(replace(trial, number=1), 0)


@pytest.fixture(scope="module")
def dead() -> Listener:
    """Of one trial, with which each process dies after its first epoch."""
    run_trials(TrialLoop(plan(trials=1), recorder := Listener()), ChildProcessExecutor(recorder.fatal, train))
    return recorder


def test_a_trial_is_tried_in_two_processes(dead: Listener) -> None:
    assert (dead.assigned, len(dead.errors)) == ([1, 1], 1)


def test_an_epoch_that_is_trained_again_is_reported_once(dead: Listener) -> None:
    assert dead.epochs == [1]


def test_a_process_that_dies_between_trials_harms_none() -> None:
    class Murderer(Listener):
        def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
            super().trial_completed(trial, outcome)
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)
                child.join()

    run_trials(
        TrialLoop(plan(trials=2), recorder := Murderer()), ChildProcessExecutor(recorder.harmless, train)
    )
    assert (len(recorder.ended), recorder.errors) == (2, [])


def test_ctrl_c_is_for_the_search_alone() -> None:
    """A terminal sends it to both processes."""

    class Interrupting(Listener):
        def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
            super().epoch_ended(trial, epoch, checkpoint)
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGINT)

    run_trials(
        TrialLoop(plan(trials=1), recorder := Interrupting()), ChildProcessExecutor(recorder.harmless, train)
    )
    assert (recorder.assigned, recorder.epochs, recorder.errors) == ([1], [1, 2, 3], [])


def test_a_process_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    run_trials(
        TrialLoop(plan(trials=1), recorder := Listener()), ChildProcessExecutor(recorder.harmless, train)
    )
    assert capfd.readouterr() == ("", "")
