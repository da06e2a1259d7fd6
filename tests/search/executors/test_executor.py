"""The interface of executors: the methods a new one must implement, and those it may omit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.search.executors.executor import Executor

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.executors.executor import Receive
    from zoo.search.executors.reporter import Result


class Idle(Executor):
    """Trains nothing."""

    def submit(self, trial: Trial) -> None:
        pass

    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        return None

    def close(self) -> None:
        pass


def test_an_executor_has_one_slot_and_no_retries_unless_it_says_otherwise() -> None:
    executor = Idle(lambda trial: trial, lambda work, reporter: work)
    assert (executor.slots(), executor.retries) == (1, 0)


@pytest.mark.parametrize("method", ["submit", "wait", "close"])
def test_an_executor_must_write_its_methods(method: str) -> None:
    unfinished = type("Unfinished", (Idle,), {method: getattr(Executor, method)})
    with pytest.raises(TypeError, match=method):
        unfinished(lambda trial: trial, lambda work, reporter: work)
