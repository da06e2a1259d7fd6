"""A search whose trials run on Ray, with a recorder that tests look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import keras_tuner
import pytest

from tests.plans import SEARCH_PLAN, changed
from tests.search.executors import ray_workers
from tests.search.executors.ray_workers import Work
from zoo.interfaces import Epoch, Progress, SearchPlan, Trial, TrialOutcome
from zoo.search.executors.ray import RayExecutor
from zoo.search.executors.ray_cluster import Cluster
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.errors import SearchError
    from zoo.interfaces import Epoch, SearchPlan, Trial, TrialOutcome

ray = pytest.importorskip("ray", reason="trials on Ray need the extra: pip install 'keras-zoo[ray]'")
ray.cloudpickle.register_pickle_by_value(ray_workers)  # which workers could not import

HERE = Cluster(None, 2)


def plan(**fields: Any) -> SearchPlan:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0, default=0.9)
    return changed(SEARCH_PLAN, **{"trials": 4, "space": hp.get_config(), **fields})


@dataclass
class Recorder:
    """Records the reports of the search; `at_epoch` may interrupt it."""

    started: list[int] = field(default_factory=list)
    epochs: dict[int, list[int]] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)
    pruned: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    at_epoch: Callable[[Trial, Epoch], object] = lambda trial, epoch: None

    def trial_started(self, trial: Trial) -> None:
        self.started.append(trial.number)

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        self.epochs.setdefault(trial.number, []).append(epoch.number)
        self.checkpoints[trial.number] = checkpoint
        self.at_epoch(trial, epoch)

    def trial_watcher(self, trial: Trial) -> Progress:
        return Progress()

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        assert trial.number not in self.scores
        self.scores[trial.number] = outcome.scores["val_accuracy"]

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        self.pruned[trial.number] = reason

    def trial_failed(self, trial: Trial, error: str) -> None:
        self.failed[trial.number] = error

    def work(self, trial: Trial, **fields: Any) -> Work:
        """The rest of a trial after its newest checkpoint."""
        done = int(self.checkpoints.get(trial.number, b"after 0").decode().removeprefix("after "))
        return Work(trial, done, **fields)


def searched(
    train: Callable[[Any, Any], TrialOutcome] = ray_workers.train,
    recorder: Recorder | None = None,
    cluster: Cluster = HERE,
    settings: dict[str, Any] | None = None,
    trials: int = 4,
    **work: Any,
) -> Recorder:
    recorder = recorder or Recorder()
    loop = TrialLoop(plan(trials=trials, **settings or {}), recorder)
    run_trials(loop, RayExecutor(partial(recorder.work, **work), train, cluster))
    return recorder


def line_of(error: pytest.ExceptionInfo[SearchError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message
