from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry import builders
from tests.registry.builders import add_model, run_plan, search_plan
from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import DatasetVersion, Model, Run, Search


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZOO_REGISTRY", raising=False)
    monkeypatch.delenv("ZOO_ARTIFACTS", raising=False)


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that nothing was written to; a copy of it takes less time than a new one."""
    path = tmp_path_factory.mktemp("empty") / "registry.db"
    open_registry(path).close()
    return path


@pytest.fixture
def registry(tmp_path: Path, empty_registry: Path) -> Iterator[Registry]:
    shutil.copy(empty_registry, tmp_path)
    with open_registry(tmp_path / "registry.db") as registry:
        yield registry


@pytest.fixture
def digits(registry: Registry) -> DatasetVersion:
    return builders.record_digits(registry)


@pytest.fixture
def start_python(tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Start a Python process in tmp_path that has `open_registry` and the builders at hand."""
    root = str(Path(__file__).parents[2])

    def start(script: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from tests.registry.builders import *\nfrom zoo.registry import open_registry\n" + script,
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": root},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids to assign next, last first; after them ids are random again."""
    import secrets

    coming: list[str] = []
    chance = secrets.token_hex

    def token(size: int) -> str:
        return coming.pop() if coming and size == 6 else chance(size)

    monkeypatch.setattr("zoo.registry.ids.secrets.token_hex", token)
    return coming


@pytest.fixture
def three(registry: Registry, digits: DatasetVersion, ids: list[str]) -> tuple[Run, Model, Search]:
    """A run aaaa…1, its model aaaa…2, another model aabb…3 and a search aacc…4."""
    ids[:] = ["aacccccccccc", "aabbbbbbbbbb", "eeeeeeeeeeee", "aaaaaaaaaaa2", "aaaaaaaaaaa1"]
    model = add_model(registry, digits, accuracy=0.9)
    add_model(registry, digits, accuracy=0.5)
    return registry.run("aaaaaaaaaaa1"), model, registry.start_search(search_plan(), digits)


@pytest.fixture
def run(registry: Registry, digits: DatasetVersion) -> Run:
    return registry.start_run(run_plan(), digits)


@pytest.fixture
def search(registry: Registry, digits: DatasetVersion) -> Search:
    return registry.start_search(search_plan(), digits)


@pytest.fixture
def model(registry: Registry, digits: DatasetVersion) -> Model:
    return add_model(registry, digits, loss=0.25, accuracy=0.9)
