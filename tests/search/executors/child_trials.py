"""The trials of test_child_process, run in the child; it needs no TensorFlow, so that the child starts quickly."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import TrainingError
from zoo.interfaces import Epoch, ModelContent, Trial, TrialOutcome

if TYPE_CHECKING:
    from zoo.search.executors.reporter import TrialReporter

PRINTED = "what a plugin prints"
NOTHING = ModelContent({}, 8, 1, ("a", "b"), (), (), {}, ())
DIES_ONCE, DIES, FAILS = 2, 4, 5


@dataclass(frozen=True)
class Work:
    """A trial, and the number of its three epochs after which it resumes."""

    trial: Trial
    done: int


def train(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Three epochs, in which some trials come to grief; the score is the process's number."""
    number = work.trial.number
    for epoch in range(work.done + 1, 4):
        reporter.report(Epoch(epoch, {"val_accuracy": 0.1 * epoch}, 0.1), f"{epoch}".encode())
        if number == DIES or (number == DIES_ONCE and work.done == 0 and epoch == 2):
            os.kill(os.getpid(), signal.SIGKILL)
        if number == FAILS:
            raise TrainingError("no luck")
    return TrialOutcome({"val_accuracy": float(os.getpid())}, NOTHING, ())


def train_aloud(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """The same, with a line of output, as from a plugin."""
    print(PRINTED, flush=True)
    return train(work, reporter)
