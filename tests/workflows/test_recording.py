"""A run ends in exactly one state, whatever happens, and plugins hear of it."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import workspace_in
from zoo import workflows
from zoo.display.live import Silent
from zoo.errors import ArtifactError, DatasetError, InterruptedWork
from zoo.interfaces import State
from zoo.plugins import load_plugins
from zoo.registry import open_registry, resume_command
from zoo.workflows import training_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Epoch, Run
    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"
FINISHED = """
import zoo

@zoo.hookimpl
def zoo_run_finished(run):
    with open({path!r}, "a") as file:
        file.write(f"{{run.state}} {{run.model_id}}\\n")
"""
CLUMSY = """
import zoo

@zoo.hookimpl
def zoo_run_finished():
    raise GeneratorExit("not today")
"""


def test_ctrl_c_ends_the_run_as_interrupted(workspace: Workspace, options: Callable) -> None:
    workspace.progress.at_epoch = lambda run, epoch: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(InterruptedWork) as caught:
        workflows.train(workspace, "tiny", "blobs", options=options())
    (run,) = workspace.registry.runs()
    assert run.state is State.INTERRUPTED
    command = resume_command(workspace.registry, run)
    assert str(caught.value) == f"run {run.id} was interrupted; continue with: {command}"


def test_ctrl_c_as_the_run_is_shown_ends_it_as_interrupted(workspace: Workspace, options: Callable) -> None:
    workspace.progress.run_started = lambda run: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(InterruptedWork, match="continue with"):
        workflows.train(workspace, "tiny", "blobs", options=options())
    assert [run.state for run in workspace.registry.runs()] == [State.INTERRUPTED]


def test_an_error_that_tensorflow_makes_of_ctrl_c_ends_the_run_as_interrupted(
    workspace: Workspace, options: Callable
) -> None:
    lines = Silent()

    def convert(run: Run, epoch: Epoch) -> None:
        lines.stop_asked = True
        raise ValueError("two structures differ")

    lines.epoch_ended = convert
    with pytest.raises(InterruptedWork, match="continue with"):
        workflows.train(replace(workspace, progress=lines), "tiny", "blobs", options=options())
    assert [run.state for run in workspace.registry.runs()] == [State.INTERRUPTED]


def test_a_run_that_cannot_be_stored_has_failed_with_its_error(
    tmp_path: Path, workspace: Workspace, options: Callable
) -> None:
    (tmp_path / "file").touch()
    with open_registry(tmp_path / "registry.db", tmp_path / "file" / "artifacts") as registry:
        with pytest.raises(ArtifactError) as caught:
            workflows.train(replace(workspace, registry=registry), "tiny", "blobs", options=options(epochs=1))
        (run,) = registry.runs()
    assert (run.state, run.error, run.model_id) == (State.FAILED, str(caught.value), None)


def test_a_bug_is_recorded_with_its_traceback(workspace: Workspace, options: Callable) -> None:
    workspace.progress.at_epoch = lambda run, epoch: 1 // 0
    with pytest.raises(ZeroDivisionError):
        workflows.train(workspace, "tiny", "blobs", options=options())
    (run,) = workspace.registry.runs()
    assert run.state is State.FAILED
    assert str(run.error).startswith("Traceback")
    assert "ZeroDivisionError" in str(run.error).splitlines()[-1]


@pytest.fixture(scope="module")
def hooked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hooked")


@pytest.fixture(scope="module")
def hooked(hooked_folder: Path) -> Iterator[Workspace]:
    """A training with a plugin that writes finished runs to `finished`, and one that raises an error."""
    folder = hooked_folder / "hooks"
    folder.mkdir()
    (folder / "tiny.py").symlink_to(TINY)
    (folder / "a_clumsy.py").write_text(CLUMSY)
    (folder / "b_finished.py").write_text(FINISHED.format(path=str(hooked_folder / "finished")))
    with workspace_in(hooked_folder, load_plugins(folder)) as workspace:
        workflows.train(workspace, "tiny", "blobs", options=training_options(epochs=1))
        yield workspace


def test_plugins_hear_of_a_finished_run(hooked: Workspace, hooked_folder: Path) -> None:
    (model,) = hooked.registry.models()
    assert (hooked_folder / "finished").read_text() == f"completed {model.id}\n"


def test_a_plugin_that_raises_does_no_harm(hooked: Workspace, hooked_folder: Path) -> None:
    file = f"{hooked_folder}/hooks/a_clumsy.py"
    assert hooked.progress.notices[-1] == (
        f"zoo_run_finished of plugin {file}:a_clumsy failed: GeneratorExit: not today ({file}:6): fix the plugin"
    )


def test_an_end_that_cannot_be_recorded_does_not_hide_the_first_error(
    workspace: Workspace, options: Callable
) -> None:
    def end_it_elsewhere(run: Run, epoch: Epoch) -> None:
        workspace.registry.end_run(run.id, State.FAILED, "ended by somebody else")
        raise DatasetError("the reason")

    workspace.progress.at_epoch = end_it_elsewhere
    with pytest.raises(DatasetError, match="the reason"):
        workflows.train(workspace, "tiny", "blobs", options=options())
    assert "remains 'running' in the registry" in workspace.progress.notices[-1]
