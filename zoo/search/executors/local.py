"""Trains a search's trials in this process, one after another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from zoo.search.executors.executor import Executor
from zoo.search.executors.reporter import run_training

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.executors.executor import Assign, Receive
    from zoo.search.executors.reporter import Result, Train


class LocalExecutor(Executor):
    """This process. A trial trains within `wait`."""

    def __init__(self, assign: Assign, train: Train) -> None:
        super().__init__(assign, train)
        self._submitted: list[tuple[Trial, object]] = []  # at most one

    def submit(self, trial: Trial) -> None:
        """See `Executor`."""
        self._submitted.append((trial, self._assign(trial)))

    def wait(self, receive: Receive) -> tuple[Trial, Result]:
        """See `Executor`."""
        trial, assignment = self._submitted.pop()
        return trial, run_training(self._train, assignment, partial(receive, trial))

    def close(self) -> None:
        """See `Executor`: nothing runs outside `wait`."""
