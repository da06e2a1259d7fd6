"""The interfaces by which work reports what happens: a search to its recorder, any long work to its observer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from zoo.errors import InterruptedWork, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zoo.interfaces.plans import Trial
    from zoo.interfaces.records import Epoch, Evaluation, ModelContent, Run, Search


@dataclass(frozen=True)
class TrialOutcome:
    """A completed trial: the objectives' values by name, the trained weights and their evaluations."""

    scores: Mapping[str, float]
    content: ModelContent
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True)
class EpochProgress:
    """The progress within an epoch: `step` of its `steps` batches are done.

    Args:
        epoch: from 1.
    """

    epoch: int
    step: int
    steps: int


class TrialRecorder(Protocol):
    """Records what happens to a search's trials; each call is durable when it returns."""

    def trial_started(self, trial: Trial) -> None:
        """The trial is about to train."""

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        """One more epoch is done. The trial can resume after it from the checkpoint."""

    def trial_watcher(self, trial: Trial) -> Progress:
        """The observer of the trial while it trains; nothing that it receives is recorded."""

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        """The trial has its scores."""

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        """The trial was stopped as unpromising; `reason` says at which epoch, and why."""

    def trial_failed(self, trial: Trial, error: str) -> None:
        """The trial raised; `error` is its traceback, or one line."""


class Progress:
    """The observer of long work. Each method does nothing here: override those for what you want to show."""

    def notice(self, message: str) -> None:
        """A message for the user, such as that images are enlarged: one line, or one line and a table below it."""

    def began(self, work: str) -> None:
        """Work of unknown length begins, such as "starting TensorFlow"; the next call means that it has ended."""

    def advanced(self, work: str, done: int, total: int) -> None:
        """`done` of `total` images are processed in this work, such as "decoding images"."""

    def search_started(self, search: Search) -> None:
        """Trials follow. Also called when a search is resumed."""

    def run_started(self, run: Run) -> None:
        """Epochs follow."""

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        """An epoch is in progress; called a few times per second. `run` says of which run, if several train."""

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        """One more epoch is recorded in the registry."""

    def run_ended(self, run: Run) -> None:
        """The run is completed, failed, pruned or interrupted."""

    def stop_if_asked(self) -> None:
        """Raise KeyboardInterrupt if the user has asked to stop the work, even if an earlier one was lost."""


@contextmanager
def interrupts_first(progress: Progress) -> Iterator[None]:
    """Raise KeyboardInterrupt instead of an error that the body raises after the user asked to stop.

    Errors of the registry remain, since they say what is not stored.
    """
    try:
        yield
    except (InterruptedWork, RegistryError, KeyboardInterrupt):
        raise
    except BaseException:  # third-party code may raise anything
        progress.stop_if_asked()
        raise


class Once(Progress):
    """Forwards notices, each only once, and progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._notices: set[str] = set()

    def notice(self, message: str) -> None:
        """See `Progress`."""
        if message not in self._notices:
            self._notices.add(message)
            self._progress.notice(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        """See `Progress`."""
        self._progress.advanced(work, done, total)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        """See `Progress`."""
        self._progress.epoch_advanced(progress, run)
