"""`workflows.evaluate` and `workflows.predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.workflows.search.tiny_searches import workspace_in
from zoo import workflows
from zoo.errors import DatasetError
from zoo.plugins import load_plugins
from zoo.workflows import TrainingOptions

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.workflows import Workspace

SCALED = """
from zoo import Architecture, hookimpl

FACTOR = 2.0


def custom_layers():
    import keras

    @keras.saving.register_keras_serializable(package="scaled")
    class Scale(keras.layers.Layer):
        def call(self, x):
            return x * FACTOR

    return [Scale]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (scale,) = custom_layers()
    return scale(name="scale")(layers.Conv2D(2, 3, name="conv")(inputs))


@hookimpl
def zoo_architectures():
    return [Architecture("scaled", backbone, "one layer", "none", min_size=4, custom_layers=custom_layers)]
"""


@pytest.fixture
def workspace(trained: Workspace) -> Workspace:
    return trained


@pytest.fixture
def model(trained: Workspace) -> Model:
    """Knows dark, light and middle."""
    return trained.registry.best("three")


def test_the_metrics_of_training_are_found_again(workspace: Workspace, model: Model) -> None:
    _, _, evaluation = workflows.evaluate(workspace, model.id, "three")
    metrics = {f"test_{name}": value for name, value in evaluation.metrics.items()}
    assert metrics == {name: pytest.approx(model.metrics[name], abs=1e-6) for name in metrics}


def test_a_subset_of_the_classes_is_matched_by_name(workspace: Workspace, model: Model) -> None:
    _, _, evaluation = workflows.evaluate(workspace, model.id, "blobs-reversed", split="train")
    light = evaluation.probabilities[evaluation.labels == 1].mean(axis=0)
    assert (set(evaluation.labels.tolist()), list(evaluation.classes)) == ({0, 1}, list(model.class_names))
    assert light[1] > light[0]


def test_an_unknown_class_is_refused(workspace: Workspace, model: Model) -> None:
    with pytest.raises(
        DatasetError, match="does not know cat, dog of dataset 'pets': its classes are dark, "
    ):
        workflows.evaluate(workspace, model.id, "pets")


def test_an_evaluation_is_recorded(workspace: Workspace, model: Model) -> None:
    workflows.evaluate(workspace, model.id, "blobs", split="validation")
    recorded = [metric for metric in workspace.registry.metrics(model.id) if metric.dataset == "blobs"]
    assert {(metric.split, metric.name) for metric in recorded} == {
        ("validation", name) for name in ("loss", "accuracy", "precision", "recall", "f1")
    }


def test_predict_and_evaluate_agree(workspace: Workspace, model: Model, tmp_path: Path) -> None:
    for name in ("dark", "light"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    images = workspace.plugins.datasets["blobs"].load()
    for number, (pixels, label) in enumerate(zip(images.items, images.labels, strict=True)):
        Image.fromarray(pixels).save(tmp_path / "photos" / ("dark", "light")[label] / f"{number:03}.png")
    _, _, evaluation = workflows.evaluate(workspace, model.id, str(tmp_path / "photos"), split="train")
    files = sorted((tmp_path / "photos").rglob("*.png"))
    predictions = workflows.predict(workspace, model.id, files)
    rows = [[prediction.probabilities[name] for name in model.class_names] for prediction in predictions]
    distances = np.abs(evaluation.probabilities[:, None] - np.array(rows)).max(axis=2).min(axis=1)
    assert distances.max() < 1e-6


def test_predictions_come_in_the_order_of_the_files(
    workspace: Workspace, model: Model, tmp_path: Path
) -> None:
    for name, brightness in (("b", 20), ("a", 240)):
        Image.new("L", (8, 8), brightness).save(tmp_path / f"{name}.png")
    files = [tmp_path / "b.png", tmp_path / "a.png"]
    assert [prediction.path for prediction in workflows.predict(workspace, model.id, files)] == [
        str(file) for file in files
    ]


def test_the_likeliest_class_is_named_first(workspace: Workspace, model: Model, tmp_path: Path) -> None:
    Image.new("L", (8, 8), 220).save(tmp_path / "a.png")
    (prediction,) = workflows.predict(workspace, model.id, [tmp_path / "a.png"])
    ranked = list(prediction.probabilities.values())
    assert ranked == sorted(ranked, reverse=True)
    assert prediction.class_name == max(prediction.probabilities, key=prediction.probabilities.__getitem__)


def test_metrics_of_a_custom_layer_whose_code_has_changed_are_not_recorded(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tiny = request.config.rootpath / "tests" / "cli" / "plugin_files" / "tiny.py"
    (tmp_path / "tiny.py").write_text(tiny.read_text())
    file = tmp_path / "scaled.py"
    file.write_text(SCALED)
    with workspace_in(tmp_path, load_plugins(tmp_path)) as workspace:
        model = workflows.train(workspace, "scaled", "blobs", options=TrainingOptions(epochs=1))
        recorded = workspace.registry.metrics(model.id)
    changed = (
        f"the code of scaled>Scale has changed since model {model.id} was trained, so it may return other outputs: "
        "restore that code, or train again"
    )
    for code, notices in (
        (SCALED.replace("FACTOR = 2.0", "FACTOR = -0.125"), [changed, "the metrics are not recorded"]),
        (SCALED.replace("FACTOR = 2.0", "FACTOR = 2.0  # twice the size"), []),
    ):
        file.write_text(code)
        with workspace_in(tmp_path, load_plugins(tmp_path)) as workspace:
            workflows.evaluate(workspace, model.id, "blobs")
            assert workspace.registry.metrics(model.id) == recorded
            assert workspace.progress.notices == notices
