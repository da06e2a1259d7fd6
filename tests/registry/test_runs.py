from __future__ import annotations

import math
import os
import socket
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from tests.registry.builders import (
    add_model,
    content,
    evaluation,
    record_digits,
    run_plan,
    search_plan,
    trial,
)
from zoo.errors import NotFoundError, RegistryError, TrainingError
from zoo.interfaces import DatasetVersion, Epoch, Run, RunKind, State

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from zoo.registry import Registry


def test_a_started_run_keeps_its_plan(registry: Registry, run: Run) -> None:
    assert registry.run(run.id).plan == run_plan()


def test_a_started_run_is_running_on_its_dataset(
    registry: Registry, run: Run, digits: DatasetVersion
) -> None:
    back = registry.run(run.id)
    assert (back.state, back.dataset, back.dataset_version) == (State.RUNNING, digits.name, digits.version)


def test_ids_are_twelve_hexadecimal_digits(run: Run) -> None:
    assert (len(run.id), set(run.id) <= set("0123456789abcdef")) == (12, True)


def test_a_run_of_an_unknown_parent_is_refused(registry: Registry, digits: DatasetVersion) -> None:
    with pytest.raises(NotFoundError, match="no model has the id 'nobody'"):
        registry.start_run(run_plan(parent_id="nobody"), digits)


def test_epochs_come_back_in_order(registry: Registry, run: Run) -> None:
    first, second = Epoch(1, {"loss": 0.5}, 1.25), Epoch(2, {"loss": 0.1, "val_accuracy": 1.0}, 2.5)
    registry.record_epoch(run.id, second)
    registry.record_epoch(run.id, first)
    assert registry.epochs(run.id) == [first, second]


def test_an_epoch_recorded_again_replaces_the_older(registry: Registry, run: Run) -> None:
    registry.record_epoch(run.id, Epoch(1, {"loss": 0.5}, 1.0))
    registry.record_epoch(run.id, Epoch(1, {"loss": 0.4}, 2.0))
    assert registry.epochs(run.id) == [Epoch(1, {"loss": 0.4}, 2.0)]


def test_a_loss_that_is_no_number_is_stored(registry: Registry, run: Run) -> None:
    registry.record_epoch(run.id, Epoch(1, {"loss": math.nan}, 1.0))
    assert math.isnan(registry.epochs(run.id)[0].metrics["loss"])


def test_a_completed_run_has_its_model(registry: Registry, run: Run) -> None:
    model = registry.complete_run(run.id, content(), [])
    back = registry.run(run.id)
    assert (back.state, back.model_id, back.finished_at is None) == (State.COMPLETED, model.id, False)


def test_a_run_completes_without_a_model(registry: Registry, run: Run) -> None:
    registry.complete_without_model(run.id, {})
    back = registry.run(run.id)
    assert (back.state, back.model_id, registry.models()) == (State.COMPLETED, None, [])


def test_a_run_belongs_to_the_process_that_started_it(run: Run) -> None:
    assert run.owner == f"{socket.gethostname()}:{os.getpid()}"


_TRAIN_ELSEWHERE = (
    "import os, signal\n"
    "registry = open_registry()\n"
    "registry.start_run(run_plan(), record_digits(registry))\n"
    "os.kill(os.getpid(), signal.SIGKILL)\n"
)


@pytest.fixture
def lost(registry: Registry, start_python: Callable[[str], subprocess.Popen[str]]) -> Run:
    """A training whose process was killed."""
    start_python(_TRAIN_ELSEWHERE).communicate(timeout=60)
    return registry.runs()[0]


def test_a_run_whose_process_was_killed_is_interrupted(registry: Registry, lost: Run) -> None:
    stored = registry.run(lost.id)
    assert (stored.state, stored.error) == (State.INTERRUPTED, "its process ended without reporting an error")


def test_a_run_whose_process_was_killed_is_found_among_the_interrupted(registry: Registry, lost: Run) -> None:
    interrupted = registry.runs(state=State.INTERRUPTED, limit=1)
    assert (interrupted, registry.runs(state=State.RUNNING)) == ([lost], [])


def test_reading_a_run_whose_process_was_killed_does_not_end_it(registry: Registry, lost: Run) -> None:
    registry.record_epoch(lost.id, Epoch(1, {"loss": 0.5}, 1.0))
    assert len(registry.epochs(lost.id)) == 1


# Resuming ------------------------------------------------------------------------------------------------

FIRST, SECOND, THIRD = (Epoch(number, {"loss": 1 / number}, 1.0) for number in (1, 2, 3))


@pytest.fixture
def stopped(registry: Registry, run: Run) -> Run:
    """Interrupted after two epochs."""
    for epoch in (FIRST, SECOND):
        registry.record_epoch(run.id, epoch)
    return registry.end_run(run.id, State.INTERRUPTED)


def test_a_reopened_run_is_the_same_one_running(registry: Registry, stopped: Run) -> None:
    back = registry.reopen_run(stopped.id, [FIRST, SECOND])
    assert (back.id, back.plan, back.state, back.finished_at) == (
        stopped.id,
        stopped.plan,
        State.RUNNING,
        None,
    )


@pytest.mark.parametrize("done", [(), (FIRST,), (FIRST, SECOND), (FIRST, SECOND, THIRD)])
def test_a_reopened_run_has_the_epochs_of_its_checkpoint(
    registry: Registry, stopped: Run, done: tuple[Epoch, ...]
) -> None:
    registry.reopen_run(stopped.id, done)
    assert registry.epochs(stopped.id) == list(done)


def test_a_run_whose_process_was_killed_is_reopened(registry: Registry, lost: Run) -> None:
    assert registry.reopen_run(lost.id, []).owner == f"{socket.gethostname()}:{os.getpid()}"


def test_a_completed_run_is_not_reopened(registry: Registry, run: Run) -> None:
    model = registry.complete_run(run.id, content(), [])
    with pytest.raises(TrainingError) as caught:
        registry.reopen_run(run.id, [])
    assert str(caught.value) == (
        f"run {run.id} is completed: start a new one, or train its model {model.id} further with `zoo finetune`"
    )


def test_leftovers_of_a_killed_completion_are_removed_when_it_is_refused(
    registry: Registry, run: Run
) -> None:
    registry.complete_run(run.id, content(), [])
    registry.save_checkpoint(run.id, b"left behind")
    with pytest.raises(TrainingError, match="is completed"):
        registry.resumable_run(run.id)
    assert registry.checkpoint(run.id) is None


def test_a_failed_run_is_not_reopened(registry: Registry, run: Run) -> None:
    registry.end_run(run.id, State.FAILED, "the loss became NaN")
    with pytest.raises(TrainingError, match=f"run {run.id} failed .*: start a new one"):
        registry.resumable_run(run.id)


def test_a_trial_is_not_reopened_by_itself(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(), digits)
    run = registry.start_trial(search.id, trial(3), run_plan(RunKind.TRIAL))
    with pytest.raises(TrainingError) as caught:
        registry.resumable_run(run.id)
    assert str(caught.value) == (
        f"run {run.id} is trial 3 of search {search.id}: resume the search (`zoo search --resume {search.id}`)"
    )


def test_a_run_that_another_process_trains_is_not_reopened(
    registry: Registry, start_python: Callable[[str], subprocess.Popen[str]]
) -> None:
    other = start_python(
        "registry = open_registry()\n"
        "print(registry.start_run(run_plan(), record_digits(registry)).id, flush=True)\n"
        "input()\n"
    )
    assert other.stdout is not None
    run_id = other.stdout.readline().strip()
    try:
        with pytest.raises(TrainingError, match=f"run {run_id} is running in process .*:{other.pid}: wait"):
            registry.reopen_run(run_id, [])
    finally:
        other.communicate("\n", timeout=60)


def test_a_failed_run_keeps_its_error(registry: Registry, run: Run) -> None:
    ended = registry.end_run(run.id, State.FAILED, "Traceback …\nValueError: no")
    assert (registry.run(run.id), ended.state, ended.error) == (
        ended,
        State.FAILED,
        "Traceback …\nValueError: no",
    )


@pytest.mark.parametrize("state", [State.FAILED, State.PRUNED, State.INTERRUPTED])
def test_a_run_ends_once(registry: Registry, run: Run, state: State) -> None:
    registry.end_run(run.id, state)
    with pytest.raises(RegistryError, match=rf"run {run.id} has ended already \({state}\)"):
        registry.end_run(run.id, State.FAILED)


def test_an_ended_run_cannot_complete(registry: Registry, run: Run) -> None:
    registry.end_run(run.id, State.INTERRUPTED)
    with pytest.raises(RegistryError, match="has ended already"):
        registry.complete_run(run.id, content(), [])


def test_a_completed_run_cannot_fail(registry: Registry, run: Run) -> None:
    registry.complete_run(run.id, content(), [])
    with pytest.raises(RegistryError, match="has ended already"):
        registry.end_run(run.id, State.FAILED)


def test_a_run_cannot_end_as_completed_without_a_model(registry: Registry, run: Run) -> None:
    with pytest.raises(ValueError, match="a run without a model ends as one of failed, pruned, interrupted"):
        registry.end_run(run.id, State.COMPLETED)


def test_a_run_whose_transaction_fails_continues_without_a_model(registry: Registry, run: Run) -> None:
    with pytest.raises(IntegrityError):
        registry.complete_run(run.id, content(), [evaluation(), evaluation()])  # a split measured twice
    assert (registry.run(run.id), registry.models()) == (run, [])


def test_runs_are_listed_newest_first(registry: Registry, digits: DatasetVersion) -> None:
    ids = [registry.start_run(run_plan(), digits).id for _ in range(3)]
    assert [run.id for run in registry.runs()] == ids[::-1]


def test_no_more_runs_are_listed_than_asked(registry: Registry, digits: DatasetVersion) -> None:
    ids = [registry.start_run(run_plan(), digits).id for _ in range(3)]
    assert [run.id for run in registry.runs(limit=1)] == ids[-1:]


def test_runs_are_filtered_by_kind(registry: Registry, run: Run, digits: DatasetVersion) -> None:
    tuned = add_model(registry, digits, parent_id=add_model(registry, digits).id)
    assert [run.id for run in registry.runs(kind=RunKind.FINETUNE)] == [tuned.run_id]


def test_runs_are_filtered_by_state(registry: Registry, run: Run, digits: DatasetVersion) -> None:
    add_model(registry, digits)
    assert registry.runs(state=State.RUNNING) == [run]


def test_runs_are_filtered_by_dataset(registry: Registry, run: Run) -> None:
    other = record_digits(registry, "e", "/elsewhere")
    registry.start_run(run_plan(), other)
    assert registry.runs(dataset="digits") == [run]


def test_trials_of_a_search_are_listed_by_number(
    registry: Registry, run: Run, digits: DatasetVersion
) -> None:
    search = registry.start_search(search_plan(), digits)
    for number in (2, 1, 3):
        registry.start_trial(search.id, trial(number), run_plan(RunKind.TRIAL))
    assert [each.trial for each in registry.runs(search=search.id[:8])] == [trial(1), trial(2), trial(3)]
