"""The location of a registry, and the command that resumes work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plans import changed
from tests.registry.builders import record_digits, run_plan, search_plan, trial
from zoo.interfaces import CandidatePlan, RunKind
from zoo.registry import open_registry, resume_command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_search_is_resumed_by_its_id() -> None:
    with open_registry() as registry:
        search = registry.start_search(search_plan(), record_digits(registry))
        assert resume_command(registry, search) == f"zoo search --resume {search.id}"


def test_a_trial_is_resumed_with_its_search() -> None:
    with open_registry() as registry:
        search = registry.start_search(search_plan(), record_digits(registry))
        run = registry.start_trial(search.id, trial(1), run_plan(RunKind.TRIAL))
        assert resume_command(registry, run) == f"zoo search --resume {search.id}"


@pytest.mark.parametrize(("kind", "command"), [(RunKind.TRAIN, "train"), (RunKind.FINETUNE, "finetune")])
def test_a_run_is_resumed_by_the_command_that_started_it(kind: RunKind, command: str) -> None:
    with open_registry() as registry:
        run = registry.start_run(run_plan(kind), record_digits(registry))
        assert resume_command(registry, run) == f"zoo {command} --resume {run.id}"


def test_a_search_of_another_registry_is_resumed_there(tmp_path: Path) -> None:
    with open_registry(tmp_path / "my zoo.db") as registry:
        search = registry.start_search(search_plan(), record_digits(registry))
        command = resume_command(registry, search)
    assert command == f"zoo --registry '{tmp_path}/my zoo.db' search --resume {search.id}"


def test_a_search_with_artifacts_elsewhere_is_resumed_with_them() -> None:
    with open_registry(artifacts="blobs") as registry:
        search = registry.start_search(search_plan(), record_digits(registry))
        assert resume_command(registry, search) == f"zoo --artifacts blobs search --resume {search.id}"


def test_work_of_a_plugin_file_is_resumed_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plugins" / "mine.py"
    file.parent.mkdir()
    file.touch()
    mine = CandidatePlan("mine", "1", str(file), 8, 1)
    with open_registry() as registry:
        digits = record_digits(registry)
        search = registry.start_search(changed(search_plan(), candidates=(mine,)), digits)
        run = registry.start_run(changed(run_plan(RunKind.TRAIN), candidate=mine), digits)
        folder = f"--plugins-dir {file.parent}"
        assert resume_command(registry, search) == f"zoo {folder} search --resume {search.id}"
        assert resume_command(registry, run) == f"zoo {folder} train --resume {run.id}"
        monkeypatch.setenv("ZOO_PLUGINS_DIR", "plugins")
        assert resume_command(registry, run) == f"zoo train --resume {run.id}"
        file.unlink()  # as on another machine
        monkeypatch.delenv("ZOO_PLUGINS_DIR")
        assert resume_command(registry, run) == f"zoo train --resume {run.id}"
