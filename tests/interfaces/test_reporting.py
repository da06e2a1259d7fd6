"""Progress does nothing unless it is overridden, and `Once` repeats no notice."""

from __future__ import annotations

import inspect

import pytest

from tests.progress import RecordedProgress
from zoo.interfaces.reporting import EpochProgress, Once, Progress

METHODS = [name for name, _ in inspect.getmembers(Progress, inspect.isfunction)]


@pytest.mark.parametrize("method", METHODS)
def test_a_progress_that_shows_nothing_takes_every_report(method: str) -> None:
    function = getattr(Progress(), method)
    assert function(*[None] * len(inspect.signature(function).parameters)) is None


def test_the_same_notice_is_handed_on_once() -> None:
    recorded = RecordedProgress()
    once = Once(recorded)
    for message in ("a", "b", "a"):
        once.notice(message)
    assert recorded.notices == ["a", "b"]


def test_progress_of_work_is_forwarded_each_time() -> None:
    recorded = RecordedProgress()
    once = Once(recorded)
    for _ in range(2):
        once.advanced("decoding images", 1, 2)
    assert recorded.advances == [("decoding images", 1, 2)] * 2


def test_progress_of_an_epoch_is_forwarded() -> None:
    class Epochs(Progress):
        def __init__(self) -> None:
            self.seen: list[EpochProgress] = []

        def epoch_advanced(self, progress: EpochProgress, run: object = None) -> None:
            self.seen.append(progress)

    epochs, halfway = Epochs(), EpochProgress(1, 5, 10)
    Once(epochs).epoch_advanced(halfway)
    assert epochs.seen == [halfway]
