"""The contents of the artifact store after a search: the best models, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import (
    FIXED,
    Searched,
    interrupt_in_trial,
    resume,
    search,
    workspace_in,
)
from zoo.errors import InterruptedWork
from zoo.interfaces import Run, State
from zoo.registry.manifest import needed_digests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

# By grid, trials 1 to 4 have 2, 1, 3 and 4 filters: the second has the fewest parameters, the fourth the most.
SMALLEST = {"objective": "params", "trials": 4}


def blobs(workspace: Workspace) -> set[str]:
    """Return the digests of the files in the artifact store."""
    root = Path(workspace.registry.artifacts.url)
    return {path.parent.name + path.name for path in root.rglob("*") if path.is_file()}


def needed(workspace: Workspace) -> set[str]:
    """Return the digests that the models in the registry refer to."""
    registry = workspace.registry
    return {
        digest for model in registry.models() for digest in needed_digests(registry.artifacts, model.manifest)
    }


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """A search that keeps one model and was interrupted in its last trial."""
    with workspace_in(tmp_path_factory.mktemp("kept"), plugins) as workspace:
        workspace.progress.at_epoch = interrupt_in_trial(4)
        with pytest.raises(InterruptedWork):
            search(workspace, keep=1, **SMALLEST)
        yield resume(workspace)


def test_only_the_best_trial_has_a_model(searched: Searched) -> None:
    assert [bool(trial.model_id) for trial in searched.trials] == [False, True, False, False]


def test_only_its_model_is_in_the_registry(searched: Searched) -> None:
    assert [model.id for model in searched.workspace.registry.models()] == [searched.model.id]


def test_the_store_contains_only_what_the_model_needs(searched: Searched) -> None:
    assert blobs(searched.workspace) == needed(searched.workspace)


def test_losers_are_completed_with_a_score(searched: Searched) -> None:
    assert [(trial.state, trial.score is not None) for trial in searched.trials] == [
        (State.COMPLETED, True)
    ] * 4


def test_losers_keep_their_epochs(searched: Searched) -> None:
    assert [len(searched.epochs(number)) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_model_with_an_alias_is_not_dropped(workspace: Workspace) -> None:
    def name_it(run: Run) -> None:
        if run.trial is not None and run.trial.number == 1:
            workspace.registry.set_alias(str(run.model_id), "mine")

    workspace.progress.run_ended = name_it
    result = search(workspace, keep=1, objective="params", trials=2)
    assert [bool(trial.model_id) for trial in result.trials] == [True, True]


@pytest.fixture(scope="module")
def equal(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """All trials have the same accuracy, and other losses."""
    with workspace_in(tmp_path_factory.mktemp("equal"), plugins) as workspace:
        values = {**FIXED, "learning_rate": 1e-9, "filters": 2, "dropout": 0}
        del values["augmentation"]
        yield search(workspace, hyperparameters=values, keep=1, trials=4)


def test_the_trials_that_are_to_be_equal_are(equal: Searched) -> None:
    assert len({trial.score for trial in equal.trials}) == 1


def test_of_equal_trials_the_one_that_best_names_is_kept(equal: Searched) -> None:
    losses = [equal.epochs(run.trial.number)[0].metrics["val_loss"] for run in equal.trials if run.trial]
    assert [bool(trial.model_id) for trial in equal.trials] == [loss == min(losses) for loss in losses]


def test_the_model_of_a_search_is_the_one_that_best_names(workspace: Workspace) -> None:
    result = search(workspace, hyperparameters={**FIXED, "learning_rate": 1e-9}, trials=2)
    assert result.model.id == workspace.registry.best("blobs").id


def test_hyperband_keeps_all_until_it_ends(workspace: Workspace) -> None:
    observed = []
    workspace.progress.run_ended = lambda run: observed.append(len(workspace.registry.models()))
    result = search(workspace, algorithm="hyperband", keep=1, trials=3, epochs=3)
    assert (observed, sum(bool(trial.model_id) for trial in result.trials)) == ([1, 2, 3], 1)
