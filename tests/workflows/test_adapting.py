"""An architecture that adapts to training images: trained, resumed, searched, fine-tuned and exported."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from tests.workflows.search.tiny_searches import workspace_in
from zoo import workflows
from zoo.errors import ContractError, InterruptedWork, RoundTripError
from zoo.plugins import load_plugins
from zoo.workflows import TrainingOptions
from zoo.workflows import search as searches
from zoo.workflows.loading import load_classifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Epoch, Model, Run
    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"
PLUGIN = '''
from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    """A convolution of normalized pixels."""
    from keras import layers

    x = layers.Normalization(name="front_norm")(inputs)
    return layers.Conv2D(2, 3, strides=2, name="back_conv")(x)


def adapt(network, images):
    """Take the statistics of the training images."""
    network.get_layer("front_norm").adapt(images)


def broken(network, images):
    """Fail."""
    raise ValueError("no luck")


def double(x):
    """Return twice as much."""
    return 2 * x


def hiding(network, images):
    """Set what is neither a variable nor in the configuration."""
    network.get_layer("back_conv").activation = double


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name, backbone, "normalized", "none", min_size=4, adapt=function, freeze_points=("front", "back")
        )
        for name, function in (("normalized", adapt), ("broken", broken), ("hiding", hiding))
    ]
'''
ONE = TrainingOptions(epochs=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The same for all tests, which add runs."""
    folder = tmp_path_factory.mktemp("adapting")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "tiny.py").symlink_to(TINY)
    (folder / "plugins" / "normalized.py").write_text(PLUGIN)
    with workspace_in(folder, load_plugins(folder / "plugins")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def model(workspace: Workspace) -> Model:
    """Its Normalization is frozen, so checkpoints do not include it."""
    return train(workspace)


def train(workspace: Workspace, architecture: str = "normalized", **more: Any) -> Model:
    options = TrainingOptions(epochs=2)
    values = {"freeze": "front"}
    return workflows.train(workspace, architecture, "blobs", hyperparameters=values, options=options, **more)


def tensors_of(workspace: Workspace, model: Model) -> dict[str, np.ndarray]:
    return dict(workspace.registry.load_content(model.id).tensors)


def statistics_of(workspace: Workspace, model: Model) -> list[float]:
    tensors = tensors_of(workspace, model)
    return [float(tensors[f"front_norm/adapt_{name}"].squeeze()) for name in ("mean", "variance")]


def test_the_statistics_are_stored_and_loaded(workspace: Workspace, model: Model) -> None:
    mean, variance = statistics_of(workspace, model)
    assert (60 < mean < 160, variance > 1000) == (True, True)
    network = load_classifier(workspace, model).network
    assert float(np.asarray(network.get_layer("front_norm").mean).squeeze()) == mean


def test_the_loaded_model_evaluates_as_the_trained_one(workspace: Workspace, model: Model) -> None:
    _, _, evaluation = workflows.evaluate(workspace, model.id, "blobs", split="test")
    assert evaluation.metrics["loss"] == model.metrics["test_loss"]


def test_a_child_keeps_the_statistics_of_its_parent(workspace: Workspace, model: Model) -> None:
    child = workflows.finetune(workspace, model.id, "three", hyperparameters={"freeze": "front"}, options=ONE)
    assert statistics_of(workspace, child) == statistics_of(workspace, model)


def test_a_resumed_training_has_the_weights_of_one_that_was_not_stopped(
    workspace: Workspace, model: Model
) -> None:
    def interrupt(run: Run, epoch: Epoch) -> None:
        if epoch.number == 1:
            os.kill(os.getpid(), signal.SIGINT)

    workspace.progress.at_epoch = interrupt
    with pytest.raises(InterruptedWork):
        train(workspace)
    workspace.progress.at_epoch = lambda run, epoch: None
    resumed = workflows.resume_training(workspace, workspace.registry.runs()[0].id)
    before, after = tensors_of(workspace, model), tensors_of(workspace, resumed)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_keep_best_completes_a_run_with_its_statistics(workspace: Workspace, model: Model) -> None:
    workspace.progress.at_epoch = lambda run, epoch: os.kill(os.getpid(), signal.SIGINT)
    best = train(workspace, keep_best=True)
    workspace.progress.at_epoch = lambda run, epoch: None
    assert statistics_of(workspace, best) == statistics_of(workspace, model)


@pytest.mark.large
def test_each_trial_has_the_same_statistics(workspace: Workspace, model: Model) -> None:
    search, _ = searches.search(
        workspace, "normalized", "blobs", search_options=searches.search_options(trials=2), options=ONE
    )
    models = [workspace.registry.model(run.model_id) for run in workspace.registry.runs(search=search.id)]
    expected = statistics_of(workspace, model)
    assert [statistics_of(workspace, each) for each in models] == [expected] * 2


@pytest.mark.parametrize("file_format", ["keras", "saved-model"])
def test_it_is_exported_with_its_statistics(
    workspace: Workspace, model: Model, tmp_path: Path, file_format: str
) -> None:
    path = tmp_path / ("model.keras" if file_format == "keras" else "folder")
    workflows.export(workspace, model.id, file_format=file_format, output=path)
    if file_format == "keras":
        layer = keras.models.load_model(path).get_layer("front_norm")
        assert float(np.asarray(layer.mean).squeeze()) == statistics_of(workspace, model)[0]


def test_a_failure_is_refused_before_anything_is_recorded(workspace: Workspace) -> None:
    before = workspace.registry.runs()
    with pytest.raises(ContractError) as caught:
        train(workspace, "broken")
    assert re.fullmatch(
        r"architecture 'broken': adapt failed: ValueError: no luck \(.*/normalized.py:20\): fix the plugin, and test "
        "it with `zoo plugins check broken`",
        str(caught.value),
    )
    assert workspace.registry.runs() == before


def test_values_that_could_not_be_stored_are_refused_before_anything_is_recorded(
    workspace: Workspace,
) -> None:
    before = workspace.registry.runs()
    with pytest.raises(RoundTripError, match="architecture 'hiding'"):
        train(workspace, "hiding")
    assert workspace.registry.runs() == before
