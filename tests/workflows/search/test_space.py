"""`--warm-start`: a search starts with the best hyperparameters of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import FIXED, Searched, search, workspace_in
from zoo.workflows.search.space import MOST_PRIOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Run
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

OPEN = {name: value for name, value in FIXED.items() if name not in ("dropout", "augmentation")}
AUGMENTATION = {**OPEN, "dropout": 0.0, "filters": 3}  # leaves the grid none and light
ONE_TRIAL = {"max_seconds": 1e-6}  # what it begins with is written down before its first trial


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """A search of `blobs`, whose two trials have 3 filters; the default is 2."""
    with workspace_in(tmp_path_factory.mktemp("memory"), plugins) as workspace:
        yield search(workspace, hyperparameters=AUGMENTATION)


@pytest.fixture(scope="module")
def second(first: Searched) -> Searched:
    return search(first.workspace, hyperparameters=OPEN, algorithm="random", trials=3, warm_start=True)


@pytest.fixture(scope="module")
def beginning(first: Searched) -> Callable[..., list[tuple[Run, list[str]]]]:
    """Begin another search in the same registry; returns the origins of its first choices."""

    def begin(architecture: str = "tiny", **chosen: object) -> list[str]:
        values = {**OPEN, **({} if chosen.get("algorithm", "random") == "random" else {"dropout": 0.0})}
        fields = {"algorithm": "random", "trials": 3, "warm_start": True, **ONE_TRIAL, **chosen}
        return [
            origin for _, origin in search(first.workspace, architecture, values, **fields).search.plan.first
        ]

    return begin


def best_of(searched: Searched) -> Run:
    return next(trial for trial in searched.trials if trial.model_id == searched.model.id)


def test_the_first_trial_is_the_best_prior_one(first: Searched, second: Searched) -> None:
    best, begun = best_of(first), second.trials[0]
    assert begun.plan.hyperparameters == best.plan.hyperparameters
    assert begun.trial.origin == f"run {best.id[:8]} on blobs"


def test_then_come_the_defaults_and_the_choices_of_the_algorithm(second: Searched) -> None:
    assert [run.trial.origin for run in second.trials[1:]] == ["defaults", None]


def test_a_search_that_is_to_be_alone_begins_with_the_defaults(beginning: Callable) -> None:
    assert beginning(warm_start=False) == ["defaults"]


def test_a_search_of_two_trials_has_no_room_for_prior_trials(beginning: Callable) -> None:
    assert beginning(trials=2) == ["defaults"]


@pytest.mark.parametrize("algorithm", ["grid", "hyperband"])
def test_algorithms_with_an_order_of_their_own_begin_with_it(beginning: Callable, algorithm: str) -> None:
    assert beginning(algorithm=algorithm) == []


def test_the_best_of_a_similar_dataset_is_tried(first: Searched, beginning: Callable) -> None:
    prior, defaults = beginning(dataset="three")
    assert prior.startswith("run ")
    assert prior.endswith(" on blobs")
    assert defaults == "defaults"


def test_of_several_architectures_each_begins_with_its_defaults(beginning: Callable) -> None:
    prior, *defaults = beginning("tiny,moody")
    assert (prior.endswith(" on blobs"), defaults) == (True, ["defaults", "defaults"])


def test_no_more_than_a_few_are_taken_from_elsewhere(workspace: Workspace) -> None:
    result = search(workspace, hyperparameters=OPEN, **ONE_TRIAL)
    registry, run = workspace.registry, result.trials[0]
    history = registry.start_search(result.search.plan, registry.dataset("blobs"))
    for number in range(1, 2 * MOST_PRIOR):
        trial = replace(run.trial, trial_id=str(number), number=number)
        values = {**run.plan.hyperparameters, "filters": 1 + number % 4, "dropout": 0.1 * (1 + number // 4)}
        recorded = registry.start_trial(history.id, trial, replace(run.plan, hyperparameters=values))
        registry.record_epoch(recorded.id, result.epochs(1)[0])
        registry.complete_without_model(recorded.id, {"val_accuracy": 0.9})
    begun = search(
        workspace, hyperparameters=OPEN, algorithm="random", trials=100, warm_start=True, **ONE_TRIAL
    )
    origins = [origin for _, origin in begun.search.plan.first]
    assert sum(origin.startswith("run ") for origin in origins) == MOST_PRIOR


def test_layers_that_are_frozen_are_no_change_from_build_to_build(first: Searched) -> None:
    searched = search(first.workspace, hyperparameters={**FIXED, "freeze": "all"}, trials=1)
    assert searched.trials[0].plan.hyperparameters["freeze"] == "all"
