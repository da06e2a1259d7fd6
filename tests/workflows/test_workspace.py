"""The start of TensorFlow, and datasets that are open already."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from zoo.errors import ZooError
from zoo.interfaces import Progress
from zoo.plugins import load_plugins
from zoo.registry import open_registry
from zoo.workflows import Workspace
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from pathlib import Path

START = """
from zoo.interfaces import Progress
from zoo.workflows.workspace import start_tensorflow

class Printed(Progress):
    def began(self, work):
        print(work, flush=True)

start_tensorflow(Printed())
start_tensorflow(Printed())
"""


def test_tensorflow_starts_once_without_a_line_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("starting TensorFlow\n", "")


def test_another_backend_of_keras_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ZooError, match="Keras runs on 'jax' here, and zoo needs 'tensorflow'"):
        start_tensorflow(Progress())


def test_a_dataset_that_is_open_already_is_taken_as_it_is(tmp_path: Path) -> None:
    with open_registry(tmp_path / "registry.db") as registry:
        workspace = Workspace(registry, load_plugins(None))
        opened = workspace.open_dataset("digits")
        assert workspace.open_dataset(opened) is opened
