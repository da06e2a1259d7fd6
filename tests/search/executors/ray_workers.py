"""The trials that the tests of Ray run in workers; it needs no TensorFlow."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces import Epoch, ModelContent, Trial, TrialOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.search.executors.reporter import TrialReporter

NOTHING = ModelContent({}, 8, 1, ("a", "b"), (), (), {}, ())


@dataclass(frozen=True)
class Work:
    """The assignment of a worker: the trial, how it behaves, and the epoch to resume after.

    Args:
        pace: seconds an epoch.
        bad: trials that fail, or whose worker kills itself after an epoch.
        notes: a file in which each worker writes which epoch of which trial it did, and who it is.
    """

    trial: Trial
    done: int = 0
    epochs: int = 3
    pace: float = 0.0
    bad: tuple[int, ...] = ()
    notes: Path | None = None


def score_of(trial: Trial) -> float:
    """Some function of the hyperparameters."""
    return 1 - (float(trial.hyperparameters["x"]) - 0.3) ** 2


def outcome(value: float) -> TrialOutcome:
    return TrialOutcome({"val_accuracy": value}, NOTHING, ())


def train(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Report each epoch, and end when asked to."""
    for number in range(work.done + 1, work.epochs + 1):
        time.sleep(work.pace)
        if work.notes is not None:
            with work.notes.open("a") as notes:
                notes.write(f"{work.trial.number} {number} {os.getppid()}\n")
        value = score_of(work.trial) * number / work.epochs
        if reporter.report(Epoch(number, {"val_accuracy": value}, 0.0), f"after {number}".encode()):
            return outcome(value)
    return outcome(score_of(work.trial))


def train_or_die(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Dies after the first epoch that it does, unless it resumes from an epoch of another worker."""
    if work.trial.number in work.bad and not work.done:
        reporter.report(Epoch(1, {"val_accuracy": 0.1}, 0.0), b"after 1")
        os.kill(os.getpid(), signal.SIGKILL)
    return train(work, reporter)


def train_and_die(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Dies whenever it is tried."""
    if work.trial.number in work.bad:
        os.kill(os.getpid(), signal.SIGKILL)
    return train(work, reporter)
