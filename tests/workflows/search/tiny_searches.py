"""Small searches that the tests of several pages make."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.interfaces import Epoch, EpochProgress, Model, Progress, Run, Search, State
from zoo.registry import open_registry
from zoo.workflows import TrainingOptions, Workspace
from zoo.workflows import search as searches
from zoo.workflows.search import search_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from zoo.plugins import Plugins

# All that a search of `tiny` or `moody` chooses beside what a test is about.
FIXED = {"learning_rate": 0.01, "pooling": "avg", "head_units": "0", "dropout": 0.0, "augmentation": "none"}
MOODS = {**FIXED, "filters": 1}  # leaves the grid good, bad, fine


class Watcher(Progress):
    """Records what is reported; `at_epoch` may look or interrupt while a run is under way."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.ended: list[Run] = []
        self.steps: list[tuple[int, EpochProgress]] = []  # of which trial
        self.at_epoch: Callable[[Run, Epoch], object] = lambda run, epoch: None

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        if run is not None and run.trial is not None:
            self.steps.append((run.trial.number, progress))

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        self.at_epoch(run, epoch)

    def run_ended(self, run: Run) -> None:
        self.ended.append(run)


@dataclass(frozen=True)
class Searched:
    """A search that has ended, and its registry."""

    workspace: Workspace
    search: Search
    model: Model

    @property
    def trials(self) -> list[Run]:
        return self.workspace.registry.runs(search=self.search.id)

    @property
    def results(self) -> Sequence[object]:
        """The results that must be the same however often the search was interrupted."""
        return [(run.trial and run.trial.hyperparameters, run.state, run.scores) for run in self.trials]

    def epochs(self, number: int) -> list[Epoch]:
        return self.workspace.registry.epochs(self.trials[number - 1].id)


@contextmanager
def workspace_in(folder: Path, plugins: Plugins) -> Iterator[Workspace]:
    """A workspace on a registry of its own."""
    with open_registry(folder / "registry.db") as registry:
        yield Workspace(registry, plugins, Watcher())


def search(
    workspace: Workspace,
    architecture: str = "tiny",
    hyperparameters: Mapping[str, Any] = FIXED,
    *,
    dataset: str = "blobs",
    weights: str | None = None,
    epochs: int = 1,
    seed: int = 0,
    **chosen: Any,
) -> Searched:
    """Search by grid and without what earlier searches found, unless asked for otherwise."""
    fields = {"algorithm": "grid", "trials": 2, "warm_start": False, **chosen}
    record, model = searches.search(
        workspace,
        architecture,
        dataset,
        search_options=search_options(**fields),
        hyperparameters=hyperparameters,
        weights=weights,
        options=TrainingOptions(epochs=epochs, seed=seed),
    )
    return Searched(workspace, record, model)


def resume(workspace: Workspace) -> Searched:
    """Resume the one search that was interrupted, and leave it alone from now on."""
    workspace.progress.at_epoch = lambda run, epoch: None
    record, model = searches.resume(workspace, interrupted(workspace).id)
    return Searched(workspace, record, model)


def interrupted(workspace: Workspace) -> Search:
    """The one search that was interrupted."""
    (record,) = (search for search in workspace.registry.searches() if search.state is State.INTERRUPTED)
    return record


def interrupt_in_trial(number: int, epoch: int = 1) -> Callable[[Run, Epoch], object]:
    """Ctrl-C when this trial has done so many epochs."""

    def look(run: Run, done: Epoch) -> None:
        if run.trial is not None and (run.trial.number, done.number) == (number, epoch):
            os.kill(os.getpid(), signal.SIGINT)

    return look
