from __future__ import annotations

import dataclasses
import math
import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import content, evaluation, record_digits, run_plan, search_plan, trial
from zoo.errors import SearchError
from zoo.interfaces import DatasetVersion, Epoch, Model, Objective, Run, RunKind, Search, State
from zoo.registry.owners import ENDED_SILENTLY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from zoo.registry import Registry

    Start = Callable[[str], subprocess.Popen[str]]

PLAN = run_plan(RunKind.TRIAL)
LOSS = Objective("val_loss", "min")


def _complete(registry: Registry, search: Search, number: int, score: float) -> Model:
    run = registry.start_trial(search.id, trial(number), PLAN)
    return registry.complete_run(run.id, content(number), [], scores={search.plan.objective.name: score})


def test_a_search_keeps_its_plan(registry: Registry, search: Search) -> None:
    assert registry.search(search.id).plan == search_plan()


def test_a_search_records_the_source_of_its_dataset(search: Search, digits: DatasetVersion) -> None:
    recorded = (search.dataset, search.dataset_version, search.dataset_source)
    assert recorded == (digits.name, digits.version, digits.source)


def test_a_search_belongs_to_the_process_that_started_it(search: Search) -> None:
    assert search.owner == f"{socket.gethostname()}:{os.getpid()}"


def test_an_ended_search_keeps_its_error(registry: Registry, search: Search) -> None:
    ended = registry.end_search(search.id, State.FAILED, "three in a row")
    assert (ended.state, ended.error, ended.finished_at is None) == (State.FAILED, "three in a row", False)


def test_a_search_ends_once(registry: Registry, search: Search) -> None:
    registry.end_search(search.id, State.COMPLETED)
    with pytest.raises(SearchError, match=rf"search {search.id} is not running \(completed\)"):
        registry.end_search(search.id, State.FAILED)


def test_searches_are_listed_newest_first(registry: Registry, search: Search, digits: DatasetVersion) -> None:
    newer = registry.start_search(search_plan(), digits)
    assert registry.searches() == [newer, search]


def test_searches_are_filtered_by_dataset(registry: Registry, search: Search) -> None:
    registry.start_search(search_plan(), record_digits(registry, "e", "/elsewhere"))
    assert registry.searches(dataset="digits") == [search]


def test_a_trial_is_a_run_of_the_search(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    back = registry.run(run.id)
    assert (back.search_id, back.trial, back.dataset) == (search.id, trial(1), search.dataset)


def test_completing_a_trial_keeps_its_score(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_run(run.id, content(), [], scores={"val_accuracy": 0.75})
    assert registry.run(run.id).score == 0.75


def test_a_trial_keeps_the_scores_of_all_objectives(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(LOSS, Objective("params", "min")), digits)
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_run(run.id, content(), [], scores={"params": 48.0, "val_loss": 0.3})
    back = registry.run(run.id)
    assert (back.score, back.scores) == (0.3, {"params": 48.0, "val_loss": 0.3})


def test_a_score_that_is_no_number_is_left_out(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_without_model(run.id, {"val_accuracy": math.nan, "params": 48.0})
    back = registry.run(run.id)
    assert (back.score, back.scores) == (None, {"params": 48.0})


def test_a_trial_keeps_where_it_comes_from(registry: Registry, search: Search) -> None:
    third = dataclasses.replace(trial(3), origin="defaults", after=1)
    run = registry.start_trial(search.id, third, PLAN)
    assert registry.run(run.id).trial == third


def test_a_resumed_trial_keeps_the_epochs_before_it(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    epochs = [Epoch(number, {"loss": 1 / number}, 1.0) for number in (1, 2, 3)]
    for epoch in epochs:
        registry.record_epoch(run.id, epoch)
    registry.end_run(run.id, State.INTERRUPTED)
    again = registry.start_trial(search.id, trial(1), PLAN, epochs[:2])
    assert (again.id, registry.epochs(again.id)) == (run.id, epochs[:2])


def test_an_epoch_that_a_kill_left_unwritten_is_written_then(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    epochs = [Epoch(number, {"loss": 1 / number}, 1.0) for number in (1, 2)]
    registry.record_epoch(run.id, epochs[0])
    registry.end_run(run.id, State.INTERRUPTED)
    assert registry.epochs(registry.start_trial(search.id, trial(1), PLAN, epochs).id) == epochs


def test_a_trial_that_did_not_complete_starts_again_under_its_id(registry: Registry, search: Search) -> None:
    first = registry.start_trial(search.id, trial(1), PLAN)
    registry.record_epoch(first.id, Epoch(1, {}, 1.0))
    registry.end_run(first.id, State.FAILED, "no")
    again = registry.start_trial(search.id, trial(1), PLAN)
    clean = (again.id, again.state, again.error, again.finished_at, registry.epochs(again.id))
    assert (clean, again.started_at > first.started_at) == ((first.id, State.RUNNING, None, None, []), True)


def test_a_completed_trial_is_not_repeated(registry: Registry, search: Search) -> None:
    model = _complete(registry, search, 1, 0.5)
    with pytest.raises(
        SearchError, match=f"trial 01 of search {search.id} is completed already, as run {model.run_id}"
    ):
        registry.start_trial(search.id, trial(1), PLAN)


def test_an_ended_search_starts_no_trial(registry: Registry, search: Search) -> None:
    registry.end_search(search.id, State.INTERRUPTED)
    with pytest.raises(SearchError, match="not running"):
        registry.start_trial(search.id, trial(1), PLAN)


def test_the_best_model_has_the_highest_score(registry: Registry, search: Search) -> None:
    models = [_complete(registry, search, number, score) for number, score in ((1, 0.5), (2, 0.9), (3, 0.7))]
    assert registry.search(search.id).best_model_id == models[1].id


def test_the_best_model_has_the_lowest_score_where_that_is_asked(
    registry: Registry, digits: DatasetVersion
) -> None:
    search = registry.start_search(search_plan(LOSS), digits)
    models = [_complete(registry, search, number, score) for number, score in ((1, 0.5), (2, 0.9), (3, 0.7))]
    assert registry.search(search.id).best_model_id == models[0].id


def test_of_equal_scores_the_lower_loss_is_best_as_among_all_models(
    registry: Registry, search: Search
) -> None:
    models = []
    for number, loss in ((1, 0.4), (2, 0.2), (3, 0.3)):
        run = registry.start_trial(search.id, trial(number), PLAN)
        measured = evaluation(accuracy=0.5, loss=loss)
        model = registry.complete_run(run.id, content(), [measured], scores={"val_accuracy": 0.5})
        models.append(model)
    best = registry.best("digits", metric="val_accuracy")
    assert registry.search(search.id).best_model_id == best.id == models[1].id


def test_of_equal_scores_the_earlier_trial_is_best(registry: Registry, search: Search) -> None:
    models = [_complete(registry, search, number, 0.5) for number in (2, 1)]
    assert registry.search(search.id).best_model_id == models[1].id


def test_a_search_without_completed_trials_has_no_best_model(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.end_run(run.id, State.FAILED)
    assert registry.search(search.id).best_model_id is None


def test_a_score_that_is_no_number_is_never_best(registry: Registry, search: Search) -> None:
    _complete(registry, search, 1, float("nan"))
    assert registry.search(search.id).best_model_id is None


def test_an_interrupted_search_is_reopened(registry: Registry, search: Search) -> None:
    registry.end_search(search.id, State.INTERRUPTED, "stopped")
    again = registry.reopen_search(search.id)
    assert (again.state, again.error, again.finished_at) == (State.RUNNING, None, None)


def test_a_completed_search_is_not_reopened(registry: Registry, search: Search) -> None:
    registry.end_search(search.id, State.COMPLETED)
    with pytest.raises(SearchError, match=f"search {search.id} is completed"):
        registry.reopen_search(search.id)


_SEARCH_ELSEWHERE = (
    "registry = open_registry()\n"
    "search = registry.start_search(search_plan(), record_digits(registry))\n"
    "run = registry.start_trial(search.id, trial(1), run_plan(RunKind.TRIAL))\n"
    "print('started', flush=True)\n"
    "import time; time.sleep(60)\n"
)


@pytest.fixture
def elsewhere(registry: Registry, start_python: Start) -> subprocess.Popen[str]:
    """A process that is at a search."""
    process = start_python(_SEARCH_ELSEWHERE)
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    return process


def test_a_search_that_another_process_is_at_is_not_reopened(
    registry: Registry, elsewhere: subprocess.Popen[str]
) -> None:
    search = registry.searches()[0]
    try:
        with pytest.raises(
            SearchError, match=f"is running in process .*:{elsewhere.pid}: wait until it ends"
        ):
            registry.reopen_search(search.id)
    finally:
        elsewhere.kill()
        elsewhere.communicate()


def test_a_search_of_a_killed_process_and_its_trial_are_interrupted(
    registry: Registry, elsewhere: subprocess.Popen[str]
) -> None:
    elsewhere.kill()
    elsewhere.communicate()
    (search,), (run,) = registry.searches(), registry.runs()
    outcomes = ((search.state, search.error), (run.state, run.error))
    assert outcomes == ((State.INTERRUPTED, ENDED_SILENTLY), (State.INTERRUPTED, ENDED_SILENTLY))


def test_a_search_of_a_killed_process_is_reopened_as_ours(
    registry: Registry, elsewhere: subprocess.Popen[str]
) -> None:
    elsewhere.kill()
    elsewhere.communicate()
    again = registry.reopen_search(registry.searches()[0].id)
    assert (again.state, again.owner) == (State.RUNNING, f"{socket.gethostname()}:{os.getpid()}")


def test_trials_of_a_killed_process_become_interrupted(
    registry: Registry, elsewhere: subprocess.Popen[str]
) -> None:
    elsewhere.kill()
    elsewhere.communicate()
    search = registry.reopen_search(registry.searches()[0].id)
    assert [run.state for run in registry.runs(search=search.id)] == [State.INTERRUPTED]


def die_in_trial(registry: Registry, search: Search, *, epochs: int) -> Run:
    """Begin the trial, train so many epochs, and leave it to the next process."""
    done = [Epoch(number, {"loss": 0.1}, 1.0) for number in range(1, epochs + 1)]
    run = registry.start_trial(search.id, trial(1), run_plan(RunKind.TRIAL), done)
    registry.reopen_search(search.id)
    return registry.run(run.id)


def test_a_trial_with_which_three_processes_died_is_failed(registry: Registry, search: Search) -> None:
    died = [die_in_trial(registry, search, epochs=1) for _ in range(3)]
    assert [run.state for run in died] == [State.INTERRUPTED, State.INTERRUPTED, State.FAILED]
    assert died[2].error == "its process died 3 times after epoch 1 without an error"


def test_a_trial_that_gets_further_is_not_to_blame(registry: Registry, search: Search) -> None:
    died = [die_in_trial(registry, search, epochs=epochs) for epochs in (0, 0, 1, 1)]
    assert {run.state for run in died} == {State.INTERRUPTED}
