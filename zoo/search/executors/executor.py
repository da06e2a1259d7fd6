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
    """A place where trials train. `zoo.search.executors.trials.run_trials` drives it; it knows of no search.

    Args:
        assign: returns, in this process, all that is needed to train the trial from its newest checkpoint on.
        train: trains what was assigned, wherever that is; it reports each epoch, see `TrialReporter`.
    """

    retries = 0
    """How often a trial is trained again whose process died."""

    def __init__(self, assign: Assign, train: Train) -> None:
        self._assign, self._train = assign, train

    def slots(self) -> int:
        """The number of trials that can train at once.

        Raises:
            SearchError: a trial fits nowhere any more.
        """
        return 1

    @abstractmethod
    def submit(self, trial: Trial) -> None:
        """Assign a trial, and train it as soon as may be; called only while a slot is free.

        Raises:
            Exception: whatever `assign` raises; the trial is not submitted then.
        """

    @abstractmethod
    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        """Wait until a submitted trial ends or reports, and return how it ended; None: it goes on.

        Args:
            receive: takes what trials report, and returns what each is to do.
        """

    @abstractmethod
    def close(self) -> None:
        """Leave nothing at work, whatever was submitted."""
