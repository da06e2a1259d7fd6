"""Stops runs after an epoch, and tries to resume them, for the tests of resuming."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zoo import workflows
from zoo.errors import HyperparameterError, InterruptedWork, TrainingError
from zoo.interfaces import Epoch, Run, RunKind, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"


def interrupt_after(epoch: int) -> Callable[[Run, Epoch], object]:
    """Ctrl-C when so many epochs are done."""

    def look(run: Run, done: Epoch) -> None:
        if done.number == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    return look


def stop(workspace: Workspace, epoch: int, work: Callable[[], object]) -> Run:
    """The run, interrupted when so many epochs were done."""
    workspace.progress.at_epoch = interrupt_after(epoch)
    with pytest.raises(InterruptedWork):
        work()
    workspace.progress.at_epoch = lambda run, epoch: None
    return workspace.registry.runs(state=State.INTERRUPTED)[0]


def checkpoints(workspace: Workspace) -> list[str]:
    folder = Path(workspace.registry.artifacts.url) / "checkpoints"
    return [path.name for path in folder.glob("*")]


def refusal(workspace: Workspace, run: Run) -> str:
    """The message, and that the run is as it was."""
    resume = workflows.resume_finetuning if run.plan.kind is RunKind.FINETUNE else workflows.resume_training
    with pytest.raises((TrainingError, HyperparameterError)) as caught:
        resume(workspace, run.id)
    assert workspace.registry.run(run.id) == run
    return str(caught.value)
