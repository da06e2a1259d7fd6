"""The trials of the contract suite, in any process; it needs no TensorFlow, so that a process starts quickly."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import RegistryError, TrainingError
from zoo.interfaces import Epoch, EpochProgress, ModelContent, Trial, TrialOutcome

if TYPE_CHECKING:
    from zoo.search.executors.reporter import TrialReporter

NOTHING = ModelContent({}, 8, 1, ("a", "b"), (), (), {}, ())
GOOD, POOR = (0.5, 0.7, 0.9), (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Work:
    """A trial to train.

    Args:
        done: the number of its three epochs after which it resumes.
        script: how it ends; see `train`.
    """

    trial: Trial
    done: int = 0
    script: str = ""


def train(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Three epochs, unless asked to end earlier; the scripted event happens after the second of them."""
    curve = POOR if work.script == "poor" else GOOD
    if work.script:
        reporter.notice(f"trial {work.trial.number} is to be {work.script}")
    for number in range(work.done + 1, 4):
        reporter.epoch_advanced(EpochProgress(number, 1, 2))
        metrics = {"val_accuracy": curve[number - 1]}
        if reporter.report(Epoch(number, metrics, 0.1), str(number).encode()):
            return TrialOutcome(metrics, NOTHING, ())
        if number == 2:
            _come_to_grief(work.script)
    score = float("nan") if work.script == "nan" else curve[-1]
    return TrialOutcome({"val_accuracy": score}, NOTHING, ())


def train_and_die(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Dies after the first epoch that it trains, in each process anew, where the script says so."""
    reporter.report(Epoch(1, {"val_accuracy": 0.1}, 0.1), b"1")
    if work.script:
        os.kill(os.getpid(), signal.SIGKILL)
    return train(work, reporter)


def train_and_die_once(work: Work, reporter: TrialReporter) -> TrialOutcome:
    """Dies after its second epoch, unless it resumes after an epoch of another process."""
    if work.done == 0:
        for number in (1, 2):
            reporter.report(Epoch(number, {"val_accuracy": 0.1}, 0.1), str(number).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    return train(work, reporter)


def _come_to_grief(script: str) -> None:
    if script == "failed":
        raise TrainingError("no luck")
    if script == "mistaken":
        raise ValueError("bad shape")
    if script == "gone":
        sys.exit(3)
    if script == "unregistered":
        raise RegistryError("the disk is full")
