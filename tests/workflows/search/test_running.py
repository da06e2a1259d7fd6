"""`workflows.search.search` and `workflows.search.resume`: trials, failures and interruptions."""

from __future__ import annotations

import gc
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.search import tiny_searches
from tests.workflows.search.tiny_searches import FIXED, MOODS, Searched, workspace_in
from zoo import workflows
from zoo.display.live import Silent, Terminal
from zoo.errors import InterruptedWork, SearchError
from zoo.interfaces import RunKind, State
from zoo.registry import resume_command
from zoo.workflows import search as searches
from zoo.workflows.search import running, search_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Run
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace


@pytest.fixture
def search(workspace: Workspace, options: Callable) -> Callable:
    """Search by grid, without what earlier searches found."""

    def call(architecture: str, hyperparameters: dict, **fields: Any) -> tuple:
        training = fields.pop("options", None) or options(epochs=1)
        place = fields.pop("workspace", workspace)
        chosen = {"algorithm": "grid", "trials": 2, "warm_start": False, **fields}
        return searches.search(
            place,
            architecture,
            "blobs",
            search_options=search_options(**chosen),
            hyperparameters=hyperparameters,
            options=training,
        )

    return call


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """A search over all that is left to choose, which is the number of filters."""
    with workspace_in(tmp_path_factory.mktemp("grid"), plugins) as workspace:
        yield tiny_searches.search(workspace, trials=10)


def test_trials_are_runs(grid: Searched) -> None:
    assert [(run.plan.kind, run.state, run.trial.number) for run in grid.trials] == [
        (RunKind.TRIAL, State.COMPLETED, number) for number in (1, 2, 3, 4)
    ]


def test_a_grid_tries_every_value(grid: Searched) -> None:
    assert {run.plan.hyperparameters["filters"] for run in grid.trials} == {1, 2, 3, 4}


def test_the_model_of_the_best_trial_is_returned(grid: Searched) -> None:
    best = max(grid.trials, key=lambda trial: trial.score)
    search, model = grid.search, grid.model
    assert (search.best_model_id, search.state, model.run_id) == (model.id, State.COMPLETED, best.id)


@pytest.fixture(scope="module")
def random_search(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """Two trials with three filters, from the highest seed on."""
    with workspace_in(tmp_path_factory.mktemp("random"), plugins) as workspace:
        yield tiny_searches.search(workspace, "tiny", {"filters": "3"}, algorithm="random", seed=2**32 - 1)


def test_hyperparameters_that_are_set_are_not_searched(random_search: Searched) -> None:
    assert [run.plan.hyperparameters["filters"] for run in random_search.trials] == [3, 3]


def test_the_seed_after_the_highest_is_zero(random_search: Searched) -> None:
    assert [run.plan.training.seed for run in random_search.trials] == [2**32 - 1, 0]


def test_an_objective_that_is_minimised(workspace: Workspace, search: Callable) -> None:
    record, model = search("tiny", FIXED, objective="val_loss")
    trials = workspace.registry.runs(search=record.id)
    assert model.run_id == min(trials, key=lambda trial: trial.score).id


@pytest.mark.parametrize("algorithm", ["bayesian", "hyperband", "tpe"])
@pytest.mark.large
def test_other_algorithms(workspace: Workspace, search: Callable, algorithm: str, options: Callable) -> None:
    record, _ = search("tiny", {}, algorithm=algorithm, trials=2, options=options(epochs=2))
    assert len(workspace.registry.runs(search=record.id, state=State.COMPLETED)) == 2


# Failures ------------------------------------------------------------------------------------------------


def test_a_failed_trial_is_recorded_and_the_search_continues(workspace: Workspace, search: Callable) -> None:
    record, _ = search("moody", MOODS, trials=3)
    trials = workspace.registry.runs(search=record.id)
    assert [trial.state for trial in trials] == [State.COMPLETED, State.FAILED, State.COMPLETED]
    assert str(trials[1].error).splitlines()[-1] == "ValueError: a bad mood"
    assert record.state is State.COMPLETED


def test_three_failures_in_a_row_end_the_search(workspace: Workspace, search: Callable) -> None:
    with pytest.raises(
        SearchError, match="stopped after 3 failed trials in a row; the last one: ValueError: a bad"
    ):
        search("moody", {**FIXED, "mood": "bad"}, trials=4)
    (record,) = workspace.registry.searches()
    trials = workspace.registry.runs(search=record.id)
    assert [trial.state for trial in trials] == [State.FAILED] * 3
    assert (record.state, record.error) == (
        State.FAILED,
        "stopped after 3 failed trials in a row; the last one: ValueError: a bad mood",
    )


def test_a_search_without_a_completed_trial_has_failed(workspace: Workspace, search: Callable) -> None:
    with pytest.raises(
        SearchError, match=r"no trial of search .* completed; the last one: ValueError: a bad mood"
    ):
        search("moody", {**FIXED, "mood": "bad"})
    (record,) = workspace.registry.searches()
    assert (record.state, record.best_model_id) == (State.FAILED, None)


# Ending early --------------------------------------------------------------------------------------------


@pytest.mark.large
def test_a_pruned_trial_is_a_run_that_says_why(
    workspace: Workspace, search: Callable, options: Callable
) -> None:
    record, model = search("tiny", {}, algorithm="asha", trials=5, options=options(epochs=3))
    trials = workspace.registry.runs(search=record.id)
    pruned = [trial for trial in trials if trial.state is State.PRUNED]
    assert pruned
    assert all(" is not among the best 1 in 3 of " in str(trial.error) for trial in pruned)
    assert {(trial.score, trial.model_id) for trial in pruned} == {(None, None)}
    assert model.run_id in {trial.id for trial in trials if trial.state is State.COMPLETED}


def test_the_target_ends_a_search(workspace: Workspace, search: Callable, options: Callable) -> None:
    record, _ = search("tiny", FIXED, trials=4, target=0.0, options=options(epochs=5))
    (trial,) = workspace.registry.runs(search=record.id)
    assert (record.state, trial.state, len(workspace.registry.epochs(trial.id))) == (
        State.COMPLETED,
        State.COMPLETED,
        1,
    )
    assert workspace.progress.notices[-2].startswith("the target is reached: val_accuracy ")
    command = resume_command(workspace.registry, record)
    assert (
        workspace.progress.notices[-1] == f"not tried: 3 of 4 trials; continue with: {command} --target VALUE"
    )


def test_the_time_ends_a_search(workspace: Workspace, search: Callable) -> None:
    record, _ = search("tiny", FIXED, trials=4, max_seconds=0.001)
    assert (record.state, len(workspace.registry.runs(search=record.id))) == (State.COMPLETED, 1)
    command = resume_command(workspace.registry, record)
    assert workspace.progress.notices[-2:] == [
        "the time limit is reached after 1 of 4 trials",
        f"not tried: 3 of 4 trials; continue with: {command} --max-time TIME",
    ]


def test_objects_from_before_are_collected_as_garbage_again_afterwards(
    workspace: Workspace, search: Callable
) -> None:
    left_alone: list[int] = []
    # The first networks are built to see what is to be searched, before a search has begun.
    workspace.progress.search_started = lambda search: left_alone.append(gc.get_freeze_count())
    workspace.progress.at_epoch = lambda run, epoch: left_alone.append(gc.get_freeze_count())
    gc.unfreeze()
    search("tiny", FIXED, trials=1)
    assert len(left_alone) == 2
    assert min(left_alone) > 0
    assert gc.get_freeze_count() == 0


def test_objects_frozen_by_others_stay_frozen(workspace: Workspace, search: Callable) -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    search("tiny", FIXED, trials=1)
    assert gc.get_freeze_count() == pytest.approx(before, rel=0.1)  # what went since is not counted


# Interruptions -------------------------------------------------------------------------------------------


def interrupt_in_trial(number: int) -> Callable:
    return lambda run, epoch: run.trial.number == number and os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_says_how_to_resume(workspace: Workspace, search: Callable) -> None:
    workspace.progress.at_epoch = interrupt_in_trial(2)
    with pytest.raises(InterruptedWork) as caught:
        search("tiny", FIXED)
    (record,) = workspace.registry.searches()
    assert str(caught.value) == (
        f"search {record.id} was interrupted; continue with: "
        f"zoo --registry {workspace.registry.url} --plugins-dir {workspace.plugins.folder} search --resume {record.id}"
    )
    assert [run.state for run in workspace.registry.runs(search=record.id)] == [
        State.COMPLETED,
        State.INTERRUPTED,
    ]
    assert record.state is State.INTERRUPTED


def test_ctrl_c_as_the_search_is_shown_ends_it_as_interrupted(workspace: Workspace, search: Callable) -> None:
    workspace.progress.search_started = lambda search: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(InterruptedWork, match="continue with"):
        search("tiny", FIXED)
    assert [search.state for search in workspace.registry.searches()] == [State.INTERRUPTED]


def test_a_trial_whose_error_tensorflow_made_of_ctrl_c_is_interrupted(
    workspace: Workspace, search: Callable
) -> None:
    lines = Silent()

    def ask_to_stop(run: Run) -> None:
        lines.stop_asked = True

    lines.run_started = ask_to_stop
    with pytest.raises(InterruptedWork, match="continue with"):
        search("moody", {**FIXED, "mood": "bad"}, workspace=replace(workspace, progress=lines))
    assert [run.state for run in workspace.registry.runs()] == [State.INTERRUPTED]


def test_ctrl_c_between_two_trials_is_heeded_as_the_next_one_starts(
    workspace: Workspace, search: Callable
) -> None:
    """Python discards the KeyboardInterrupt where it collects garbage, so the table is asked first."""
    table = Terminal()
    table.run_ended = lambda run: setattr(table, "stop_asked", True) or Terminal.run_ended(table, run)
    with pytest.raises(InterruptedWork, match="continue with"):
        search("tiny", FIXED, workspace=replace(workspace, progress=table))
    table.close()
    (record,) = workspace.registry.searches()
    assert record.state is State.INTERRUPTED
    assert [run.state for run in workspace.registry.runs(search=record.id)] == [
        State.COMPLETED,
        State.INTERRUPTED,
    ]


def test_the_first_trial_is_what_training_with_that_seed_gives(
    workspace: Workspace, options: Callable
) -> None:
    chosen = options(epochs=1, seed=7)
    _, model = searches.search(
        workspace, "tiny", "blobs", search_options=search_options(trials=1), options=chosen
    )
    assert model.manifest == workflows.train(workspace, "tiny", "blobs", options=chosen).manifest


@pytest.mark.large
def test_trials_in_a_child_have_the_same_results(
    workspace: Workspace, search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = search("tiny", FIXED, trials=2)
    monkeypatch.setattr(running, "TRIALS_OF_A_PROCESS", 1)
    there, model = search("tiny", FIXED, trials=2)
    results = [
        [(run.plan.hyperparameters, run.scores) for run in workspace.registry.runs(search=search.id)]
        for search in (here, there)
    ]
    assert results[0] == results[1]
    assert model.manifest == workspace.registry.model(here.best_model_id).manifest
