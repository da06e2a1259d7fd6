"""Where a registry is, and the command that resumes work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import record_digits, run_plan, search_plan, trial
from zoo.interfaces import RunKind
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
