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
    """What a completed trial gives back: the objectives' values by name, the weights, and how they do.

    Args:
        notices: what another process that trained it has to tell.
    """

    scores: Mapping[str, float]
    content: ModelContent
    evaluations: tuple[Evaluation, ...]
    notices: tuple[str, ...] = ()


class TrialRecorder(Protocol):
    """Where a search writes what happens to its trials; each call is durable when it returns."""

    def trial_started(self, trial: Trial) -> None:
        """The trial is about to train."""

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        """One more epoch is done. From the checkpoint the trial can go on after it."""

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

    def advanced(self, work: str, done: int, total: int) -> None:
        """`done` of `total` images are through this work, such as "decoding images"."""

    def search_started(self, search: Search) -> None:
        """Trials follow. A resumed search starts again."""

    def run_started(self, run: Run) -> None:
        """Epochs follow."""

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        """One more epoch is in the registry."""

    def run_ended(self, run: Run) -> None:
        """The run is completed, failed, pruned or interrupted."""


class Once(Progress):
    """Hands on notices and advances, the same notice only once."""

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
