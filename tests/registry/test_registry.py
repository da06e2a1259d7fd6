from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    import pytest

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
