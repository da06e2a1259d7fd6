from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.registry import open_registry, resume_command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_search_is_resumed_by_its_id() -> None:
    with open_registry() as registry:
        assert resume_command(registry, "1a2b") == "zoo search --resume 1a2b"


def test_a_search_of_another_registry_is_resumed_there(tmp_path: Path) -> None:
    with open_registry(tmp_path / "my zoo.db") as registry:
        command = resume_command(registry, "1a2b")
    assert command == f"zoo --registry '{tmp_path}/my zoo.db' search --resume 1a2b"


def test_a_search_with_artifacts_elsewhere_is_resumed_with_them() -> None:
    with open_registry(artifacts="blobs") as registry:
        assert resume_command(registry, "1a2b") == "zoo --artifacts blobs search --resume 1a2b"
