"""Trials in a process beside the search's, which is replaced from time to time and may die."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import keras_tuner
import pytest

from tests.plans import SEARCH_PLAN, changed
from tests.search.executors.child_trials import DIES, DIES_ONCE, PRINTED, Work, train, train_aloud
from zoo.interfaces import Epoch, Progress, SearchPlan, Trial, TrialOutcome
from zoo.search.executors import child_process
from zoo.search.executors.child_process import ChildProcessExecutor
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from collections.abc import Iterator


def plan(trials: int) -> SearchPlan:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    return changed(SEARCH_PLAN, trials=trials, space=hp.get_config())


class Recorder:
    """Records the reports of the search."""

    def __init__(self) -> None:
        self.epochs: dict[int, list[int]] = {}
        self.checkpoints: dict[int, bytes] = {}
        self.processes: dict[int, int] = {}
        self.pruned: dict[int, str] = {}
        self.failed: dict[int, str] = {}

    def trial_started(self, trial: Trial) -> None:
        self.epochs[trial.number] = []

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.epochs[trial.number].append(epoch.number)
        self.checkpoints[trial.number] = checkpoint

    def trial_watcher(self, trial: Trial) -> Progress:
        return Progress()

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        self.processes[trial.number] = int(outcome.scores["val_accuracy"])

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        self.pruned[trial.number] = reason

    def trial_failed(self, trial: Trial, error: str) -> None:
        self.failed[trial.number] = error

    def work(self, trial: Trial) -> Work:
        return Work(trial, int(self.checkpoints.get(trial.number, b"0")))


@pytest.fixture(scope="module")
def nine_trials() -> Recorder:
    """A search of nine trials, at most three of them in one process."""
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "TRIALS_OF_A_PROCESS", 3)
        run_trials(TrialLoop(plan(9), recorder), ChildProcessExecutor(recorder.work, train))
    return recorder


def test_trials_train_in_another_process(nine_trials: Recorder) -> None:
    assert os.getpid() not in nine_trials.processes.values()


def test_trials_share_a_process_until_it_is_replaced(nine_trials: Recorder) -> None:
    """The one that trial 4 killed last trained no other trial; 5, 6 and 7 share the next."""
    assert nine_trials.processes[2] == nine_trials.processes[3] != nine_trials.processes[1]
    assert nine_trials.processes[8] == nine_trials.processes[9] != nine_trials.processes[7]


def test_a_trial_whose_process_died_resumes_after_its_last_epoch(nine_trials: Recorder) -> None:
    assert nine_trials.epochs[DIES_ONCE] == [1, 2, 3]
    assert DIES_ONCE in nine_trials.processes


def test_a_trial_that_ends_each_process_fails_in_one_line(nine_trials: Recorder) -> None:
    assert nine_trials.failed[DIES] == (
        "its process died of SIGKILL, 2 times: it crashed, or was killed, perhaps for lack of memory"
    )


def test_all_trials_come_to_an_end_once(nine_trials: Recorder) -> None:
    assert sorted([*nine_trials.processes, *nine_trials.pruned, *nine_trials.failed]) == list(range(1, 10))


def test_no_process_is_left(nine_trials: Recorder) -> None:
    assert nine_trials.processes
    assert multiprocessing.active_children() == []


def test_what_a_trial_prints_is_no_output(capfd: pytest.CaptureFixture[str]) -> None:
    recorder = Recorder()
    run_trials(TrialLoop(plan(1), recorder), ChildProcessExecutor(recorder.work, train_aloud))
    captured = capfd.readouterr()
    assert (captured.out, PRINTED in captured.err) == ("", True)


def test_an_interruption_ends_the_process() -> None:
    class Interrupted(Recorder):
        def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
            self.children = multiprocessing.active_children()
            raise KeyboardInterrupt

    recorder = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run_trials(TrialLoop(plan(2), recorder), ChildProcessExecutor(recorder.work, train))
    assert len(recorder.children) == 1
    assert multiprocessing.active_children() == []


@pytest.fixture
def _no_files_left() -> Iterator[None]:
    """Let this process open three files more: enough for a connection, but not to start a process."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    largest = max(int(entry.name) for entry in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(largest + 64, limits[0]), limits[1]))
    opened = []
    try:
        with suppress(OSError):
            while True:
                opened.append(os.dup(0))
        for _ in range(3):
            os.close(opened.pop())
        yield
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.usefixtures("_no_files_left")
def test_a_process_that_does_not_start_ends_the_search_with_the_reason() -> None:
    recorder = Recorder()
    with pytest.raises(OSError, match="Too many open files"):
        run_trials(TrialLoop(plan(2), recorder), ChildProcessExecutor(recorder.work, train))


def test_a_search_without_trials_starts_no_process() -> None:
    loop = TrialLoop(plan(1), recorder := Recorder())
    loop.ended_early = "the time limit is reached"
    run_trials(loop, ChildProcessExecutor(recorder.work, train))
    assert multiprocessing.active_children() == []


SCRIPT = """
print("the script runs")
from tests.search.executors.test_child_process import Recorder, plan
from tests.search.executors.child_trials import train
from zoo.search.executors.child_process import ChildProcessExecutor
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

recorder = Recorder()
run_trials(TrialLoop(plan(1), recorder), ChildProcessExecutor(recorder.work, train))
print(len(recorder.processes), "trial")
"""


@pytest.mark.large
def test_a_script_without_a_main_guard_is_not_run_again_in_the_child(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("the script runs\n1 trial\n", 0), done.stderr
