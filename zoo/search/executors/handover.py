"""Trains a search's first trials in one place and all later ones in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.search.executors.executor import Executor

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.executors.executor import Receive
    from zoo.search.executors.reporter import Result


class Handover(Executor):
    """Two executors of one slot each, of which the second takes over from the first.

    Args:
        trials: the number of trials that the first one trains.
    """

    def __init__(self, first: Executor, then: Executor, *, trials: int) -> None:
        self._first, self._then, self._left = first, then, trials
        self._current = first

    @property
    def retries(self) -> int:  # type: ignore[override]  # those of the current executor
        """See `Executor`."""
        return self._current.retries

    def submit(self, trial: Trial) -> None:
        """See `Executor`."""
        if self._left == 0:
            self._current = self._then
        self._left -= 1
        self._current.submit(trial)

    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        """See `Executor`."""
        return self._current.wait(receive)

    def close(self) -> None:
        """See `Executor`."""
        self._first.close()
        self._then.close()
