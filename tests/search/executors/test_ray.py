"""Trials on a real Ray: the same search as in this process, whatever its workers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.search.executors import ray_workers
from tests.search.executors.ray_search import HERE, Recorder, line_of, plan, searched
from tests.search.executors.ray_workers import Work
from zoo.errors import SearchError
from zoo.search.executors import ray_cluster as clusters
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.ray import RayExecutor
from zoo.search.executors.ray_cluster import Cluster, connected
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zoo.interfaces import Epoch, Trial

pytestmark = pytest.mark.large


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    """One Ray for all tests."""
    with connected(HERE):
        yield


# Trials ----------------------------------------------------------------------------------------------------


def test_two_workers_give_the_trials_and_scores_of_one_process() -> None:
    there, here = Recorder(), Recorder()
    run_trials(TrialLoop(plan(), here), LocalExecutor(Work, ray_workers.train))
    searched(recorder=there)
    assert (there.started, there.scores, there.epochs) == (here.started, here.scores, here.epochs)


def test_two_trials_run_at_once() -> None:
    order: list[int] = []
    searched(trials=2, pace=0.3, recorder=Recorder(at_epoch=lambda trial, epoch: order.append(trial.number)))
    assert order not in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])


def test_no_more_trials_at_once_than_asked_for() -> None:
    order: list[int] = []
    recorder = Recorder(at_epoch=lambda trial, epoch: order.append(trial.number))
    searched(trials=2, recorder=recorder, cluster=Cluster(None, 1))
    assert order == [1, 1, 1, 2, 2, 2]


def test_trials_share_a_cpu() -> None:
    assert clusters.slots(Cluster("auto", None, cpus_per_trial=0.1)) == 20


def test_a_trial_that_waits_for_its_verdict_keeps_its_cpu() -> None:
    import ray

    crept_in: list[object] = []

    def at_epoch(trial: Trial, epoch: Epoch) -> None:
        if epoch.number == 1:
            for_both_cpus = ray.remote(num_cpus=2)(lambda: None).remote()
            crept_in.extend(ray.wait([for_both_cpus], timeout=5)[0])
            ray.cancel(for_both_cpus)

    searched(trials=1, recorder=Recorder(at_epoch=at_epoch))
    assert crept_in == []


def test_a_hopeless_trial_ends_early_in_its_worker(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    recorder = searched(
        cluster=Cluster(None, 1), settings={"pruner": "asha"}, trials=6, epochs=9, notes=notes
    )
    assert recorder.pruned
    assert set(recorder.pruned) | set(recorder.scores) == set(range(1, 7))
    done = [tuple(map(int, line.split()[:2])) for line in notes.read_text().splitlines()]
    assert done == [(number, epoch) for number in range(1, 7) for epoch in recorder.epochs[number]]


def test_running_trials_end_after_their_epoch_when_the_target_is_met() -> None:
    recorder = searched(settings={"target": 0.1}, trials=4, epochs=50, pace=0.05)
    assert recorder.started == [1, 2]
    assert sorted(recorder.scores) == [1, 2]
    assert max(recorder.epochs[1] + recorder.epochs[2]) < 50


# Workers that die ------------------------------------------------------------------------------------------


def test_a_dead_workers_trial_resumes_from_its_last_epoch(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    recorder = searched(ray_workers.train_or_die, trials=2, bad=(2,), notes=notes)
    assert recorder.started == [1, 2]
    assert recorder.epochs == {1: [1, 2, 3], 2: [1, 2, 3]}
    assert recorder.failed == {}
    again = [line.split()[1] for line in notes.read_text().splitlines() if line.startswith("2 ")]
    assert again == ["2", "3"]


def test_an_epoch_that_is_trained_again_is_reported_once() -> None:
    recorder = Recorder()
    starts = iter((0, 0, 1))  # as if the second attempt's checkpoint had come too late for the third
    loop = TrialLoop(plan(trials=1), recorder)
    executor = RayExecutor(lambda trial: Work(trial, next(starts), bad=(1,)), ray_workers.train_or_die, HERE)
    run_trials(loop, executor)
    assert recorder.epochs == {1: [1, 2, 3]}


def test_a_trial_whose_worker_always_dies_fails_and_says_so() -> None:
    recorder = searched(ray_workers.train_and_die, trials=2, bad=(2,))
    assert recorder.failed == {
        2: "its worker died 4 times, last of WorkerCrashedError: it crashed or was killed, "
        "perhaps for lack of memory (then run fewer trials at once: --workers)"
    }
    assert sorted(recorder.scores) == [1]


# Where trials cannot run -----------------------------------------------------------------------------------


def test_a_gpu_where_there_is_none_is_refused() -> None:
    with pytest.raises(SearchError) as error:
        searched(cluster=Cluster(None, 2, gpus_per_trial=0.5))
    assert line_of(error) == (
        "a trial needs 1 CPU and 0.5 GPUs, but no node of the Ray cluster has that; available: 2 CPUs and 0 GPUs"
    )
