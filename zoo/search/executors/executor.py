"""The interface of an executor: a place where a search's trials train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Trial
    from zoo.search.decisions import Decision
    from zoo.search.executors.reporter import Message, Result, Train

    Assign = Callable[[Trial], object]
    Receive = Callable[[Trial, Message], Decision]


class Executor(ABC):
    """A place where trials train, driven by `zoo.search.executors.trials.run_trials`; it knows nothing of the search.

    Args:
        assign: returns, in this process, an assignment: all that is needed to train the trial from its newest
            checkpoint on.
        train: trains an assignment, in whatever process; it reports each epoch, see `TrialReporter`.
    """

    retries = 0
    """The maximal number of retries of a trial whose process died."""

    def __init__(self, assign: Assign, train: Train) -> None:
        self._assign, self._train = assign, train

    def slots(self) -> int:
        """The number of trials that can train at once.

        Raises:
            SearchError: a trial no longer fits anywhere.
        """
        return 1

    @abstractmethod
    def submit(self, trial: Trial) -> None:
        """Assign a trial, and train it as soon as possible; called only while a slot is free.

        Raises:
            Exception: whatever `assign` raises; then the trial is not submitted.
        """

    @abstractmethod
    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        """Wait until a submitted trial ends or reports; return the trial that ended and its result, or None.

        Args:
            receive: takes a trial's report and returns the decision.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop all trials that are still running."""
