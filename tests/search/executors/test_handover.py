"""Two executors, of which the second takes over from the first."""

from __future__ import annotations

import pytest

from tests.search.plain_search import train
from zoo.interfaces import Trial
from zoo.search.decisions import CONTINUE
from zoo.search.executors.handover import Handover
from zoo.search.executors.local import LocalExecutor


class Recorded(LocalExecutor):
    """Records the numbers of its trials, and whether it was closed."""

    def __init__(self, retries: int) -> None:
        super().__init__(lambda trial: trial, train)
        self.retries, self.trials, self.closed = retries, [], False

    def submit(self, trial: Trial) -> None:
        self.trials.append(trial.number)
        super().submit(trial)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def executors() -> tuple[Recorded, Recorded]:
    return Recorded(retries=0), Recorded(retries=2)


def run(handover: Handover, trials: int) -> list[int]:
    """Train so many trials; return the retries that each would have had."""
    retries = []
    for number in range(1, trials + 1):
        handover.submit(Trial(str(number), number, {"pool": True}, 1))
        retries.append(handover.retries)
        handover.wait(lambda trial, message: CONTINUE)
    return retries


@pytest.mark.parametrize(
    ("trials", "first", "then"), [(2, [1, 2], [3, 4]), (0, [], [1, 2, 3, 4]), (9, [1, 2, 3, 4], [])]
)
def test_the_first_trains_so_many_trials_and_the_second_the_rest(
    executors: tuple[Recorded, Recorded], trials: int, first: list[int], then: list[int]
) -> None:
    run(Handover(*executors, trials=trials), 4)
    assert [executor.trials for executor in executors] == [first, then]


def test_a_trial_has_the_retries_of_its_executor(executors: tuple[Recorded, Recorded]) -> None:
    assert run(Handover(*executors, trials=1), 3) == [0, 2, 2]


def test_both_are_closed(executors: tuple[Recorded, Recorded]) -> None:
    Handover(*executors, trials=1).close()
    assert [executor.closed for executor in executors] == [True, True]
