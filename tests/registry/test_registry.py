from __future__ import annotations

import dataclasses
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, content, record_digits, run_plan
from zoo.errors import RegistryError
from zoo.interfaces import DatasetVersion, State
from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Start = Callable[[str], subprocess.Popen[str]]


def test_the_default_is_registry_db_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_registry() as registry:
        assert registry.url == str(tmp_path / "registry.db")


def test_zoo_registry_names_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(tmp_path / "other.db"))
    with open_registry() as registry:
        assert registry.url == str(tmp_path / "other.db")


def test_artifacts_lie_beside_the_registry(registry: Registry, tmp_path: Path) -> None:
    assert registry.artifacts.url == str(tmp_path / "artifacts")


def test_zoo_artifacts_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_ARTIFACTS", "memory://blobs")
    with open_registry(tmp_path / "registry.db") as registry:
        assert registry.artifacts.url == "memory://blobs"


def test_the_store_may_be_given(tmp_path: Path) -> None:
    with open_registry(tmp_path / "registry.db", tmp_path / "blobs") as registry:
        assert registry.artifacts.url == str(tmp_path / "blobs")


def test_a_relative_registry_stays_where_it_is_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_registry("registry.db", "blobs") as registry:
        monkeypatch.chdir("/")
        digest = registry.artifacts.put(b"weights")
        assert (registry.models(), Path(registry.artifacts.path(digest)).is_relative_to(tmp_path)) == (
            [],
            True,
        )


def test_what_is_written_is_there_after_closing(tmp_path: Path) -> None:
    with open_registry(tmp_path / "registry.db") as registry:
        digits = record_digits(registry)
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        assert registry.datasets() == [digits]


def test_closing_leaves_one_file(registry: Registry, tmp_path: Path, digits: DatasetVersion) -> None:
    registry.close()
    assert [path.name for path in tmp_path.iterdir()] == ["registry.db"]


def test_a_fine_tuned_model_adds_only_what_changed(
    registry: Registry, digits: DatasetVersion, tmp_path: Path
) -> None:
    def blobs() -> set[Path]:
        return {path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()}

    parent = add_model(registry, digits)
    before = blobs()
    run = registry.start_run(run_plan(parent_id=parent.id), digits)
    tensors = {**content().tensors, "predictions/kernel": content(1).tensors["predictions/kernel"]}
    registry.complete_run(run.id, dataclasses.replace(content(), tensors=tensors), [])
    assert len(blobs() - before) == 2  # the head and the manifest


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
