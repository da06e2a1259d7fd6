"""Work of one thread of a notebook is not resumed by another thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.workflows.search.tiny_searches import search
from zoo import workflows
from zoo.errors import SearchError, TrainingError
from zoo.interfaces import Epoch, Run, State, TrainingOptions
from zoo.workflows import search as searches
from zoo.workflows.at_work import at_work, is_at_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.workflows import Workspace

MESSAGE = "{} is running in this process: wait until it ends, or stop it first"


def resume_at_each_epoch(workspace: Workspace, resume: Callable[[Run], object]) -> list[BaseException | None]:
    """After each epoch, resume the run or its search in another thread; the errors of that."""
    errors: list[BaseException | None] = []

    def in_a_thread(run: Run, epoch: Epoch) -> None:
        with ThreadPoolExecutor(1) as thread:
            errors.append(thread.submit(resume, run).exception())

    workspace.progress.at_epoch = in_a_thread
    return errors


def test_a_run_is_not_resumed_while_it_trains(workspace: Workspace) -> None:
    errors = resume_at_each_epoch(workspace, lambda run: workflows.resume_training(workspace, run.id))
    model = workflows.train(workspace, "tiny", "blobs", options=TrainingOptions(epochs=1))
    assert [(type(error), str(error)) for error in errors] == [
        (TrainingError, MESSAGE.format(f"run {model.run_id}"))
    ]
    assert workspace.registry.run(model.run_id).state is State.COMPLETED


def test_a_search_is_not_resumed_while_it_runs(workspace: Workspace) -> None:
    errors = resume_at_each_epoch(workspace, lambda run: searches.resume(workspace, str(run.search_id)))
    result = search(workspace, trials=1)
    assert [(type(error), str(error)) for error in errors] == [
        (SearchError, MESSAGE.format(f"search {result.search.id}"))
    ]
    assert [run.state for run in result.trials] == [State.COMPLETED]


def test_work_that_has_ended_may_be_resumed() -> None:
    with suppress(KeyboardInterrupt), at_work("5ea7c4"):
        assert is_at_work("5ea7c4")
        raise KeyboardInterrupt
    assert not is_at_work("5ea7c4")
