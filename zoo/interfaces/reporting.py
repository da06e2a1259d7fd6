"""How work reports what happens: a search to its recorder, everything long to whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces.plans import Trial
    from zoo.interfaces.records import Epoch, Evaluation, ModelContent, Run, Search


@dataclass(frozen=True)
class TrialOutcome:
    """A completed trial: the objectives' values by name, the weights, and how they do."""

    scores: Mapping[str, float]
    content: ModelContent
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True)
class EpochProgress:
    """How far an epoch is: `step` of its `steps` batches are done.

    Args:
        epoch: from 1.
    """

    epoch: int
    step: int
    steps: int


class TrialRecorder(Protocol):
    """Where a search writes what happens to its trials; each call is durable when it returns."""

    def trial_started(self, trial: Trial) -> None:
        """The trial is about to train."""

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        """One more epoch is done. From the checkpoint the trial can go on after it."""

    def trial_watcher(self, trial: Trial) -> Progress:
        """Who watches the trial while it trains; nothing of this is written."""

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        """The trial has its scores."""

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        """The trial was not worth finishing; `reason` says at which epoch, and why."""

    def trial_failed(self, trial: Trial, error: str) -> None:
        """The trial raised; `error` is its traceback, or one line."""


class Progress:
    """What long work tells whoever watches. Each method does nothing here: override what you want to show."""

    def notice(self, message: str) -> None:
        """What the user should know, such as that images are enlarged: one line, or one and a table below it."""

    def began(self, work: str) -> None:
        """Work of unknown length begins, such as "starting TensorFlow"; what comes next shows that it is over."""

    def advanced(self, work: str, done: int, total: int) -> None:
        """`done` of `total` images are through this work, such as "decoding images"."""

    def search_started(self, search: Search) -> None:
        """Trials follow. A resumed search starts again."""

    def run_started(self, run: Run) -> None:
        """Epochs follow."""

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        """An epoch is under way; called some times a second. `run` says whose, where several train."""

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        """One more epoch is in the registry."""

    def run_ended(self, run: Run) -> None:
        """The run is completed, failed, pruned or interrupted."""


class Once(Progress):
    """Hands on notices and how far work is, the same notice only once."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told: set[str] = set()

    def notice(self, message: str) -> None:
        """See `Progress`."""
        if message not in self._told:
            self._told.add(message)
            self._progress.notice(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        """See `Progress`."""
        self._progress.advanced(work, done, total)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        """See `Progress`."""
        self._progress.epoch_advanced(progress, run)
