"""Every executor: the same trials, the same records, whatever becomes of a trial and wherever it trains."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.search.executors import scripted_trials
from tests.search.executors.scripted_trials import Work, train, train_and_die, train_and_die_once
from tests.search.plain_search import plan, wide_space
from zoo.errors import RegistryError, SearchError
from zoo.interfaces import Epoch, EpochProgress, Progress, Trial, TrialOutcome
from zoo.search.executors.child_process import ChildProcessExecutor
from zoo.search.executors.handover import Handover
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.ray import RayExecutor
from zoo.search.executors.ray_cluster import Cluster, connected
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Run
    from zoo.search.executors.executor import Assign, Executor
    from zoo.search.executors.reporter import Train

    Make = Callable[[Assign, Train], Executor]

ONE_SLOT = Cluster(None, 1)
EPOCHS = ["epoch 1", "epoch 2", "epoch 3"]


@pytest.fixture(scope="module")
def ray_executor() -> Iterator[Make]:
    """One Ray for all tests, with one slot, so that its trials run in order."""
    ray = pytest.importorskip("ray", reason="trials on Ray need the extra: pip install 'keras-zoo[ray]'")
    ray.cloudpickle.register_pickle_by_value(scripted_trials)  # which workers could not import
    with connected(ONE_SLOT):
        yield lambda assign, train: RayExecutor(assign, train, ONE_SLOT)


def handed_over(assign: Assign, train: Train) -> Executor:
    """The first trial here, all others in children."""
    return Handover(LocalExecutor(assign, train), ChildProcessExecutor(assign, train), trials=1)


RAY = pytest.param("ray", marks=pytest.mark.large)


@pytest.fixture(params=["local", "child", "handover", RAY])
def make(request: pytest.FixtureRequest) -> Make:
    """Each executor."""
    return _maker(request)


@pytest.fixture(params=["child", RAY])
def make_elsewhere(request: pytest.FixtureRequest) -> Make:
    """Each executor whose trials train in processes of their own."""
    return _maker(request)


def _maker(request: pytest.FixtureRequest) -> Make:
    if request.param == "ray":
        ray_maker: Make = request.getfixturevalue("ray_executor")
        return ray_maker
    return {"local": LocalExecutor, "child": ChildProcessExecutor, "handover": handed_over}[request.param]


@dataclass
class Records(Progress):
    """Records a search; its assignments resume after the recorded checkpoints.

    Args:
        scripts: what trials come to, by number.
        at_epoch: called as an epoch is recorded.
    """

    scripts: dict[int, str] = field(default_factory=dict)
    at_epoch: Callable[[], object] = lambda: None
    trials: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    assigned: list[int] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    steps: list[EpochProgress] = field(default_factory=list)

    def assign(self, trial: Trial) -> Work:
        self.assigned.append(trial.number)
        done = int(self.checkpoints.get(trial.number, b"0"))
        return Work(trial, done, self.scripts.get(trial.number, ""))

    def trial_started(self, trial: Trial) -> None:
        self.trials[trial.number] = []

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.at_epoch()
        self.trials[trial.number].append(f"epoch {epoch.number}")
        self.checkpoints[trial.number] = checkpoint

    def trial_watcher(self, trial: Trial) -> Progress:
        return self

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        self.trials[trial.number].append(f"completed {outcome.scores['val_accuracy']}")

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        self.trials[trial.number].append(f"pruned: {reason}")

    def trial_failed(self, trial: Trial, error: str) -> None:
        self.trials[trial.number].append("failed")
        self.errors[trial.number] = error

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        self.steps.append(progress)


def run(make: Make, records: Records, trials: int, train: Train = train, **settings: Any) -> Records:
    """A search of so many trials."""
    loop = TrialLoop(plan(hp=wide_space(), trials=trials, **settings), records)
    run_trials(loop, make(records.assign, train))
    return records


# Trials that come to an end --------------------------------------------------------------------------------


def test_trials_complete(make: Make) -> None:
    records = run(make, Records(), 2)
    assert records.trials == {key: [*EPOCHS, "completed 0.9"] for key in (1, 2)}


def test_a_poor_trial_is_pruned_and_the_search_continues(make: Make) -> None:
    records = run(make, Records({5: "poor"}), 6, pruner="median")
    reason = "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
    assert records.trials[5] == ["epoch 1", "epoch 2", f"pruned: {reason}"]
    assert records.trials[6] == [*EPOCHS, "completed 0.9"]


def test_a_trial_stops_early_once_the_search_has_ended(make: Make) -> None:
    records = run(make, Records(), 2, target=0.7)
    assert records.trials == {1: ["epoch 1", "epoch 2", "completed 0.7"]}


def test_a_trial_reports_the_progress_of_its_epoch(make: Make) -> None:
    assert EpochProgress(1, 1, 2) in run(make, Records(), 1).steps


# Trials that fail ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["failed", "mistaken", "gone", "nan"])
def test_a_trial_fails_and_the_search_continues(make: Make, script: str) -> None:
    records = run(make, Records({2: script}), 3)
    epochs = EPOCHS if script == "nan" else EPOCHS[:2]
    assert records.trials[2] == [*epochs, "failed"]
    assert records.trials[3] == [*EPOCHS, "completed 0.9"]


@pytest.mark.parametrize(
    ("script", "error"), [("failed", "no luck"), ("nan", "val_accuracy is not a number (NaN)")]
)
def test_a_failure_that_zoo_knows_is_one_line(make: Make, script: str, error: str) -> None:
    assert run(make, Records({1: script}), 1).errors == {1: error}


@pytest.mark.parametrize(
    ("script", "last"), [("mistaken", "ValueError: bad shape"), ("gone", "SystemExit: 3")]
)
def test_any_other_failure_keeps_its_plain_traceback(make: Make, script: str, last: str) -> None:
    error = run(make, Records({1: script}), 1).errors[1]
    lines = error.strip().splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", last)
    assert "ray::" not in error


def test_three_failures_in_a_row_end_the_search(make: Make) -> None:
    records = Records(dict.fromkeys((2, 3, 4), "failed"))
    with pytest.raises(SearchError) as error:
        run(make, records, 9)
    assert str(error.value) == "stopped after 3 failed trials in a row; the last one: no luck"
    assert list(records.trials) == [1, 2, 3, 4]


@pytest.mark.parametrize("script", ["failed", "mistaken", "poor", "nan"])
def test_a_notice_reaches_the_user_however_its_trial_ends(make: Make, script: str) -> None:
    records = run(make, Records({5: script}), 5, pruner="median")
    assert records.notices == [f"trial 5 is to be {script}"]


def test_a_trial_that_cannot_be_assigned_fails(make: Make) -> None:
    class Missing(Records):
        def assign(self, trial: Trial) -> Work:
            if trial.number == 1:
                raise ValueError("no such weights")
            return super().assign(trial)

    records = run(make, Missing(), 2)
    assert records.errors[1].endswith("ValueError: no such weights\n")
    assert records.trials == {1: ["failed"], 2: [*EPOCHS, "completed 0.9"]}


# What ends the search --------------------------------------------------------------------------------------


def test_a_registry_that_cannot_be_read_ends_the_search(make: Make) -> None:
    class Gone(Records):
        def assign(self, trial: Trial) -> Work:
            raise RegistryError("the registry is gone")

    records = Gone()
    with pytest.raises(RegistryError, match=r"^the registry is gone$"):
        run(make, records, 2)
    assert records.trials == {1: []}


def test_a_fault_of_the_registry_in_a_trial_ends_the_search(make: Make) -> None:
    records = Records({1: "unregistered"})
    with pytest.raises(RegistryError, match=r"^the disk is full$"):
        run(make, records, 2)
    assert records.trials == {1: EPOCHS[:2]}


@pytest.mark.parametrize("error", [RegistryError("the disk is full"), ZeroDivisionError("our mistake")])
def test_an_epoch_that_cannot_be_recorded_ends_the_search(make: Make, error: Exception) -> None:
    def refuse() -> None:
        raise error

    records = Records(at_epoch=refuse)
    with pytest.raises(type(error), match=str(error)):
        run(make, records, 2)
    assert records.trials == {1: []}


def test_ctrl_c_ends_the_search_and_leaves_nothing_at_work(make: Make) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    records = Records(at_epoch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(make, records, 2)
    assert records.trials == {1: []}
    assert multiprocessing.active_children() == []


# Processes that die ----------------------------------------------------------------------------------------


def test_a_trial_whose_process_died_resumes_after_its_last_epoch(make_elsewhere: Make) -> None:
    records = run(make_elsewhere, Records(), 2, train_and_die_once)
    assert records.trials == {key: [*EPOCHS, "completed 0.9"] for key in (1, 2)}
    assert records.assigned == [1, 1, 2, 2]


def test_a_trial_that_kills_each_process_fails_and_the_search_continues(make_elsewhere: Make) -> None:
    records = run(make_elsewhere, Records({1: "fatal"}), 2, train_and_die)
    retries = make_elsewhere(records.assign, train).retries
    assert records.trials == {1: ["epoch 1", "failed"], 2: [*EPOCHS, "completed 0.9"]}
    assert records.assigned == [1] * (retries + 1) + [2]
    assert f"died of SIGKILL, {retries + 1} times" in records.errors[1] or (
        f"its worker died {retries + 1} times" in records.errors[1]
    )
