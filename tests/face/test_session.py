"""The registry, the plugins and the progress that a call of the face gets."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import zoo
from zoo.errors import ArtifactError, PluginError, RegistryError
from zoo.face.session import load_all_plugins, opened_registry, watched_workspace
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from tests.face.conftest import Trained


def test_a_registry_is_made_only_where_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RegistryError), opened_registry(None, None):
        pass
    with opened_registry(None, None, create=True):
        assert (tmp_path / "registry.db").exists()


def test_the_environment_names_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(tmp_path / "other.db"))
    with opened_registry(None, None, create=True):
        assert (tmp_path / "other.db").exists()


def test_an_open_registry_stays_open(trained: Trained) -> None:
    with zoo.open_registry() as registry:
        with opened_registry(registry, None) as same:
            assert same is registry
        assert registry.model(trained.model.id) == trained.model


def test_artifacts_beside_an_open_registry_are_refused() -> None:
    with zoo.open_registry() as registry, pytest.raises(RegistryError, match="leave artifacts= out"):
        opened_registry(registry, "elsewhere").__enter__()


def test_artifacts_in_memory_are_refused() -> None:
    with pytest.raises(ArtifactError, match="lost when this command ends"):
        opened_registry(None, "memory://artifacts", create=True).__enter__()


def test_plugin_files_come_from_the_folder_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "tiny" in load_all_plugins(None).architectures
    monkeypatch.delenv("ZOO_PLUGINS_DIR")
    assert "tiny" not in load_all_plugins(None).architectures
    with pytest.raises(PluginError, match="is not a folder"):
        load_all_plugins(tmp_path / "nowhere")


def test_a_progress_of_the_callers_own_is_used() -> None:
    own = Progress()
    with (
        zoo.open_registry() as registry,
        watched_workspace(registry, load_all_plugins(None), own) as workspace,
    ):
        assert workspace.progress is own


REFUSED = (
    "search('tiny', 'blobs', algorithm='randm')",
    "search('tiny', 'blobs', max_time='5x')",
    "search('tinny', 'blobs')",
    "search('tiny', 'blobs', hyperparameters={'learning_rat': 0.1})",
    "search('tiny,large', 'blobs', weights='imagenet')",
    "search(resume='1a2b')",
    "search(resume=zoo.open_registry().searches()[0].id)",
    "train('tiny', 'blobs', epochs=0)",
    "train('tiny', 'blobs', preset='no')",
    "train('tiny', 'blobs', weights='no/file.h5')",
    "train('tiny', 'nowhere')",
    "train(resume='1a2b')",
    "finetune('blobs@best', 'blobs', freeze='blok1')",
    "finetune('blobs@best', 'nowhere')",
    "evaluate('blobs@best', 'nowhere')",
    "load('blobs@champion')",
)


def test_bad_arguments_are_refused_without_tensorflow(trained: Trained) -> None:
    code = "import sys, zoo\n" + "".join(
        f"try: zoo.{call}\nexcept zoo.ZooError: print('tensorflow' in sys.modules)\n" for call in REFUSED
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n" * len(REFUSED)
