"""`workflows.export`: a registered model in a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from tests.architectures import architecture_of
from zoo import workflows
from zoo.errors import ExportError, NotFoundError, UnknownNameError
from zoo.workflows import TrainingOptions
from zoo.workflows.loading import load_classifier

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.search.tiny_searches import Watcher
    from zoo.interfaces import Model
    from zoo.workflows import Workspace

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1)).astype(np.float32)


def test_the_file_has_the_model(trained: Workspace, parent: Model, tmp_path: Path) -> None:
    exported = workflows.export(trained, "blobs@best", output=tmp_path / "net.keras")
    assert (exported.model, exported.file_format) == (parent, "keras")
    network = keras.models.load_model(tmp_path / "net.keras")
    expected = load_classifier(trained, parent).network.predict(PIXELS, verbose=0)
    np.testing.assert_allclose(network.predict(PIXELS, verbose=0), expected, atol=1e-6)


def test_without_a_path_the_file_is_named_after_the_model(
    trained: Workspace, parent: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(workflows.export(trained, parent.id).path) == f"blobs-{parent.id}.keras"
    assert (tmp_path / f"blobs-{parent.id}.keras").is_file()


@keras.saving.register_keras_serializable("exports")
class Doubled(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer of a plugin."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2


def test_the_code_that_a_file_needs_is_named(workspace: Workspace, watcher: Watcher, tmp_path: Path) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return Doubled()(keras.layers.Conv2D(2, 3)(inputs))

    mine = architecture_of(backbone, "tiny", custom_layers=lambda: [Doubled])
    workspace = replace(workspace, plugins=replace(workspace.plugins, architectures={"tiny": mine}))
    model = workflows.train(workspace, "tiny", "blobs", options=TrainingOptions(epochs=1))
    plugin = workspace.plugins.provider("tiny").provenance
    watcher.notices.clear()
    for name in ("net.keras", "net"):
        file_format = None if name == "net.keras" else "saved-model"
        workflows.export(workspace, model.id, file_format=file_format, output=tmp_path / name)
    needs = f"{tmp_path / 'net.keras'} needs exports>Doubled of {plugin} to be loaded; a saved-model needs no code"
    assert watcher.notices == [needs]


def test_an_unknown_format_is_refused_before_the_model_is_looked_for(trained: Workspace) -> None:
    with pytest.raises(UnknownNameError, match="'onnx'"):
        workflows.export(trained, "no-such-model", file_format="onnx")


def test_an_unknown_model_is_refused(trained: Workspace) -> None:
    with pytest.raises(NotFoundError):
        workflows.export(trained, "0123456789ab")


def test_a_file_that_exists_is_left_alone(trained: Workspace, tmp_path: Path) -> None:
    (tmp_path / "net.keras").write_text("mine")
    with pytest.raises(ExportError):
        workflows.export(trained, "blobs@best", output=tmp_path / "net.keras")
    assert (tmp_path / "net.keras").read_text() == "mine"
