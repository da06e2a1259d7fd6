"""Files and folders of weights in every kind of work: trained from, resumed, searched with, and shown once."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.workflows.search.tiny_searches import FIXED, Searched, search
from zoo import workflows
from zoo.errors import HyperparameterError, InterruptedWork, WeightsError
from zoo.interfaces import Epoch, Model, Run, Trial
from zoo.models.pretrained.finding import digest_of
from zoo.plugins import load_plugins
from zoo.search.decisions import CONTINUE
from zoo.search.executors.reporter import Message, Notice, TrialReporter
from zoo.workflows import TrainingOptions
from zoo.workflows.search import running
from zoo.workflows.search.trial import Assignment
from zoo.workflows.search.worker import RemoteAssignment, RemoteImages, train_remotely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"
PLUGIN = """
import os
from pathlib import Path

from zoo import Architecture, hookimpl, load_weights


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    features = layers.Conv2D(hp.Int("filters", 2, 3), 3, strides=2, name="conv")(inputs)
    if weights is not None:
        load_weights(features, weights)
    return features


def fetch(name):
    return Path(os.environ["HUB"]) / name.removeprefix("hub://")


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            "loaded", backbone, "one layer", "none", min_size=4, weights=("hub://*",), fetch_weights=fetch
        )
    ]
"""
KERNEL, BIAS = np.full((3, 3, 1, 2), 0.5, np.float32), np.full(2, 0.25, np.float32)
FROZEN = {**FIXED, "filters": 2, "freeze": "all"}


@pytest.fixture
def loaded(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace with a plugin that loads weights, and a folder of these."""
    folder, hub = tmp_path / "plugins", tmp_path / "hub"
    folder.mkdir()
    (folder / "loaded.py").write_text(PLUGIN)
    (folder / "tiny.py").symlink_to(TINY)
    (hub / "preset").mkdir(parents=True)
    for path in (hub / "net.npz", hub / "preset" / "net.npz"):
        np.savez(path, **{"conv/kernel": KERNEL, "conv/bias": BIAS, "top/kernel": KERNEL})
    monkeypatch.setenv("HUB", str(hub))
    monkeypatch.chdir(hub)
    return replace(workspace, plugins=load_plugins(folder))


FORMS = (
    pytest.param("net.npz", marks=pytest.mark.large),
    "preset",
    pytest.param("hub://preset", marks=pytest.mark.large),
)
"""A file, a folder, and a name whose folder the plugin fetches."""


def train(
    workspace: Workspace, weights: str, values: Mapping[str, object] = FROZEN, epochs: int = 1
) -> Model:
    options = TrainingOptions(epochs=epochs, seed=3)
    return workflows.train(
        workspace, "loaded", "blobs", hyperparameters=values, weights=weights, options=options
    )


def tables(workspace: Workspace) -> list[str]:
    notices: list[str] = workspace.progress.notices  # type: ignore[attr-defined]  # the watcher's
    return [notice for notice in notices if notice.startswith("weights of ")]


def kernel_of(workspace: Workspace, model: Model) -> np.ndarray:
    return workspace.registry.load_content(model.id).tensors["conv/kernel"]


@pytest.mark.parametrize("weights", FORMS)
def test_a_training_starts_from_the_weights_and_shows_what_it_loaded(loaded: Workspace, weights: str) -> None:
    model = train(loaded, weights)
    assert np.array_equal(kernel_of(loaded, model), KERNEL)
    (table,) = tables(loaded)
    assert ": 2 of 2 variables loaded by name, 1 tensor of the file unused\n" in table
    stored = loaded.registry.run(model.run_id).plan.candidate.weights
    assert stored is not None
    path = Path(weights.removeprefix("hub://")).absolute()
    assert (stored.shown, stored.sha256) == (weights if "://" in weights else str(path), digest_of(path))


def stop(workspace: Workspace, weights: str) -> Run:
    """Interrupt a training after its first epoch."""

    def interrupt(run: Run, epoch: Epoch) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    workspace.progress.at_epoch = interrupt  # type: ignore[attr-defined]
    with pytest.raises(InterruptedWork):
        train(workspace, weights, epochs=2)
    workspace.progress.at_epoch = lambda run, epoch: None  # type: ignore[attr-defined]
    return workspace.registry.runs()[0]


@pytest.mark.parametrize("weights", FORMS[1:])
def test_a_resumed_training_has_the_same_weights_and_refuses_others(loaded: Workspace, weights: str) -> None:
    run = stop(loaded, weights)
    content = Path("preset/net.npz").read_bytes()
    np.savez("preset/net.npz", **{"conv/kernel": 2 * KERNEL, "conv/bias": BIAS})
    with pytest.raises(
        HyperparameterError, match=r"the weights folder .*preset has changed since the run started"
    ):
        workflows.resume_training(loaded, run.id)
    Path("preset/net.npz").write_bytes(content)
    model = workflows.resume_training(loaded, run.id)
    assert np.array_equal(kernel_of(loaded, model), KERNEL)


@pytest.mark.parametrize("weights", FORMS)
def test_the_trials_of_a_search_show_what_they_loaded_once(loaded: Workspace, weights: str) -> None:
    searched = look(loaded, weights)
    assert len(searched.trials) == 2
    assert len(tables(loaded)) == 1
    assert np.array_equal(kernel_of(loaded, searched.model), KERNEL)


def look(workspace: Workspace, weights: str) -> Searched:
    values = {name: value for name, value in FROZEN.items() if name != "head_units"}
    return search(workspace, "loaded", values, weights=weights, trials=2)


@pytest.mark.large
@pytest.mark.parametrize("weights", FORMS)
def test_trials_in_a_child_process_load_the_same(
    loaded: Workspace, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = look(loaded, weights)
    monkeypatch.setattr(running, "TRIALS_OF_A_PROCESS", 1)
    there = look(loaded, weights)
    assert here.results == there.results
    assert len(tables(loaded)) == 2


def test_weights_that_do_not_fit_show_the_table_and_record_nothing(loaded: Workspace) -> None:
    values = {**FROZEN, "filters": 3}
    del values["head_units"]
    with pytest.raises(
        WeightsError, match=r"tensor 'conv/kernel' is \(3, 3, 1, 2\) and the variable conv/kernel"
    ):
        search(loaded, "loaded", values, weights="net.npz")
    (table,) = tables(loaded)
    assert "other shape  conv/kernel  (3, 3, 1, 2)  conv/kernel  (3, 3, 1, 3)" in table
    assert loaded.registry.searches() == []


@pytest.mark.parametrize("weights", FORMS)
def test_another_node_finds_the_weights_itself(loaded: Workspace, weights: str) -> None:
    plan, opened = look(loaded, weights).search.plan, loaded.open_dataset("blobs")
    (candidate,) = plan.candidates
    assert candidate.weights is not None
    elsewhere = replace(candidate.weights, path="/on/the/driver/alone")
    plan = replace(plan, candidates=(replace(candidate, weights=elsewhere),))
    images = RemoteImages(opened.name, opened.source, opened.fingerprint)
    messages: list[Message] = []

    def send(message: Message) -> object:
        messages.append(message)
        return CONTINUE

    trial = Trial("0", 1, FROZEN, 1)
    remote = RemoteAssignment(Assignment(plan, trial), images, plugins_dir=loaded.plugins.folder)
    outcome = train_remotely(remote, TrialReporter(send))  # type: ignore[arg-type]
    assert np.array_equal(outcome.content.tensors["conv/kernel"], KERNEL)
    assert any(isinstance(message, Notice) and message.text.startswith("weights of ") for message in messages)


def test_a_model_is_fine_tuned_without_the_weights_that_it_started_from(loaded: Workspace) -> None:
    parent = train(loaded, "net.npz")
    Path("net.npz").unlink()
    options = TrainingOptions(epochs=1)
    model = workflows.finetune(loaded, parent.id, "blobs", hyperparameters={"freeze": "all"}, options=options)
    assert np.array_equal(kernel_of(loaded, model), KERNEL)
