"""`workflows.train`: its records, its output and its refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.workflows.search.tiny_searches import FIXED, search, workspace_in
from zoo import workflows
from zoo.errors import DatasetError, FreezeError, HyperparameterError
from zoo.interfaces import RunKind, State, TrainingOptions
from zoo.registry import open_registry
from zoo.workflows import training_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.workflows.search.tiny_searches import Watcher
    from zoo.interfaces import Run
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace


def test_the_run_is_recorded_with_its_model(trained: Workspace) -> None:
    model = trained.registry.best("blobs")
    run = trained.registry.run(model.run_id)
    assert (run.model_id, run.state, run.plan.kind) == (model.id, State.COMPLETED, RunKind.TRAIN)
    assert (run.plan.preset, run.plan.data_check) == (None, {})


@pytest.fixture(scope="module")
def preset_run(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Run:
    """The run of a training with a preset, of which one value is set otherwise."""
    options = training_options(epochs=1, seed=3, patience=4, image_size=12)
    values = {"dropout": "0.1"}
    with workspace_in(tmp_path_factory.mktemp("preset"), plugins) as workspace:
        workflows.train(workspace, "tiny", "blobs", preset="wide", hyperparameters=values, options=options)
        (run,) = workspace.registry.runs()
    return run


def test_settings_are_recorded(preset_run: Run) -> None:
    assert preset_run.plan.training == TrainingOptions(epochs=1, seed=3, patience=4, image_size=12)
    candidate = preset_run.plan.candidate
    assert (candidate.image_size, candidate.channels, candidate.weights) == (12, 1, None)
    assert preset_run.plan.preset == "wide"


def test_set_takes_precedence_over_a_preset_and_a_preset_over_defaults(preset_run: Run) -> None:
    chosen = preset_run.plan.hyperparameters
    assert (chosen["filters"], chosen["dropout"], chosen["optimizer"]) == (4, 0.1, "adam")


def test_freeze_points_that_no_layer_has_are_reported(workspace: Workspace, watcher: Watcher) -> None:
    architecture = replace(workspace.plugins.architecture("tiny"), freeze_points=("stem", "stage"))
    workspace = replace(workspace, plugins=replace(workspace.plugins, architectures={"tiny": architecture}))
    workflows.train(workspace, "tiny", "blobs", options=training_options(epochs=1))
    assert (
        "no layer of tiny has a name that begins with one of its freeze points (stem, stage): the network has no "
        "stages to freeze"
    ) in watcher.notices


def whole_classifier(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    return layers.Dense(hp.Int("width", 3, 4), activation="softmax", name="top")(layers.Flatten()(inputs))


@pytest.mark.parametrize("searched", [False, True])
def test_a_backbone_that_ends_in_a_softmax_is_reported(
    workspace: Workspace, watcher: Watcher, searched: bool
) -> None:
    architecture = replace(workspace.plugins.architecture("tiny"), backbone=whole_classifier)
    workspace = replace(workspace, plugins=replace(workspace.plugins, architectures={"tiny": architecture}))
    if searched:
        values = {name: value for name, value in FIXED.items() if name != "pooling"}
        search(workspace, "tiny", values, trials=1)
    else:
        workflows.train(workspace, "tiny", "blobs", options=training_options(epochs=1))
    (notice,) = [notice for notice in watcher.notices if "softmax" in notice]
    assert notice.startswith("the backbone of tiny ends in a softmax, 'top' (")
    assert notice.endswith(
        "): its 3 probabilities are the features of the head; return the features before it"
    )


def test_the_environment_is_recorded(trained: Workspace) -> None:
    run = trained.registry.runs()[0]
    assert set(run.plan.environment) == {"zoo", "python", "tensorflow", "keras", "code"}


def test_others_see_the_run_and_its_epochs_as_they_happen(
    workspace: Workspace, options: Callable, tmp_path: Path
) -> None:
    observed = []

    def look(run: object, epoch: object) -> None:
        with open_registry(tmp_path / "registry.db", create=False) as other:
            (run,) = other.runs()
            observed.append((run.state, [epoch.number for epoch in other.epochs(run.id)]))

    workspace.progress.at_epoch = look
    workflows.train(workspace, "tiny", "blobs", options=options())
    assert observed == [("running", [1]), ("running", [1, 2])]


def test_the_same_seed_produces_the_same_weights(workspace: Workspace, options: Callable) -> None:
    first, second = (
        workflows.train(
            workspace,
            "tiny",
            "blobs",
            hyperparameters={"augmentation": "light"},
            options=options(seed=5, epochs=1),
        )
        for _ in range(2)
    )
    assert first.manifest == second.manifest


@pytest.fixture(scope="module")
def default_training(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Workspace]:
    """One epoch with all defaults."""
    with workspace_in(tmp_path_factory.mktemp("default"), plugins) as workspace:
        workflows.train(workspace, "tiny", "blobs", options=training_options(epochs=1))
        yield workspace


def test_another_seed_produces_other_weights(
    default_training: Workspace, workspace: Workspace, options: Callable
) -> None:
    (first,) = default_training.registry.models()
    second = workflows.train(workspace, "tiny", "blobs", options=options(seed=1, epochs=1))
    assert first.manifest != second.manifest


# Notices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "image_size", "notices"),
    [
        (
            "large",
            None,
            [
                "images of 8×8 are enlarged to 16×16, the least large takes",
                "images become RGB for large",
            ],
        ),
        ("tiny", 2, ["image size 2 is raised to 4, the least tiny takes"]),
    ],
)
def test_a_notice_describes_the_conversion_of_images(
    workspace: Workspace, options: Callable, architecture: str, image_size: int | None, notices: list[str]
) -> None:
    workflows.train(workspace, architecture, "blobs", options=options(epochs=1, image_size=image_size))
    assert workspace.progress.notices[:-1] == notices


def test_where_images_are_suitable_only_parameters_are_counted(default_training: Workspace) -> None:
    assert default_training.progress.notices == ["106 trainable and 0 non-trainable parameters"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of 20 images each, and one broken image."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number:02}.png")
    (tmp_path / "photos" / "cat" / "broken.png").write_bytes(b"broken")
    return tmp_path / "photos"


def test_a_notice_names_a_skipped_file(workspace: Workspace, options: Callable, photos: Path) -> None:
    workflows.train(workspace, "tiny", str(photos), options=options(epochs=1))
    assert f"skipped 1 file: {photos}/cat/broken.png (not an image)" in workspace.progress.notices


def test_a_skipped_file_is_an_error_if_strict(workspace: Workspace, options: Callable, photos: Path) -> None:
    with pytest.raises(DatasetError, match="unreadable images, 1 in all"):
        workflows.train(replace(workspace, strict=True), "tiny", str(photos), options=options())
    assert workspace.registry.runs() == []


# Refused ----------------------------------------------------------------------------------------------


def cache_entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache").rglob("*.bin"))


def test_a_wrong_hyperparameter_is_refused_before_images_are_decoded(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    with pytest.raises(HyperparameterError):
        workflows.train(workspace, "tiny", "blobs", hyperparameters={"learning_rate": -1})
    assert cache_entries(tmp_path) == []


def test_a_wrong_freeze_is_refused_before_images_are_decoded(
    trained: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    with pytest.raises(FreezeError):
        workflows.finetune(trained, "blobs@best", "blobs", hyperparameters={"freeze": "99"})
    assert cache_entries(tmp_path) == []
