"""Completing a run: its model and its end are stored together or not at all."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import content, run_plan
from zoo.errors import RegistryError
from zoo.interfaces import DatasetVersion, State
from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[[str], subprocess.Popen[str]]


def test_artifacts_that_cannot_be_written_leave_the_run_running(
    registry: Registry, digits: DatasetVersion, tmp_path: Path
) -> None:
    (tmp_path / "artifacts").touch()
    run = registry.start_run(run_plan(), digits)
    with pytest.raises(RegistryError, match="cannot write artifact"):
        registry.complete_run(run.id, content(), [])
    assert (registry.run(run.id), registry.models()) == (run, [])


_COMPLETE = (
    "import os, signal, sys, sqlalchemy as sa\n"
    "registry = open_registry()\n"
    "run = registry.start_run(run_plan(), record_digits(registry))\n"
    "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
    "def die_writing(c): c.get_execution_options().get('immediate') and die()\n"
    "{trap}\n"
    "registry.complete_run(run.id, content(), [evaluation()])\n"
    "die()\n"
)


@pytest.mark.parametrize(
    "trap",
    [
        "sys.addaudithook(lambda name, _: name == 'os.rename' and die())",
        "sa.event.listen(sa.Engine, 'commit', die_writing)",
        "sa.event.listen(sa.Engine, 'before_cursor_execute', lambda *a: 'TO metrics' in a[2] and die())",
    ],
    ids=["while storing weights", "before the commit", "amid the rows"],
)
def test_a_run_killed_while_completing_leaves_no_model(
    tmp_path: Path, start_python: Start, trap: str
) -> None:
    process = start_python(_COMPLETE.format(trap=trap))
    _, errors = process.communicate(timeout=60)
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        left = ([run.state for run in registry.runs()], registry.models())
    assert (process.returncode, errors, left) == (-signal.SIGKILL, "", ([State.INTERRUPTED], []))


def test_a_run_killed_after_completing_is_whole(tmp_path: Path, start_python: Start) -> None:
    process = start_python(_COMPLETE.format(trap=""))
    process.communicate(timeout=60)
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        model = registry.models()[0]
        whole = (registry.runs()[0].state, model.metrics, len(registry.load_content(model.id).tensors))
    assert (process.returncode, whole) == (
        -signal.SIGKILL,
        (State.COMPLETED, {"val_accuracy": 0.8, "val_loss": 0.5}, 3),
    )
