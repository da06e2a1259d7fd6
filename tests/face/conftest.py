"""A registry that the face filled, with the plugin of the command-line tests, in a folder of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import zoo
from tests.cli.conftest import PLUGIN_FILES

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.face import SearchResult
    from zoo.interfaces import Model

FIXED = {"learning_rate": 0.01, "pooling": "avg", "head_units": 0, "dropout": 0, "augmentation": "none"}


@dataclass(frozen=True)
class Trained:
    """The folder, and what the calls returned."""

    folder: Path
    model: Model
    result: SearchResult


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("face")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        model = zoo.train("tiny", "blobs", epochs=2, preset="wide", progress=False)
        result = zoo.search(
            "tiny", "blobs", trials=2, epochs=1, hyperparameters=FIXED, warm_start="off", progress=False
        )
    return Trained(folder, model, result)


@pytest.fixture
def trained(trained_once: Trained, tmp_path: Path) -> Trained:
    """The working directory, with a copy of that registry, which the test may change."""
    shutil.copy(trained_once.folder / "registry.db", tmp_path)
    shutil.copytree(trained_once.folder / "artifacts", tmp_path / "artifacts")
    return trained_once
