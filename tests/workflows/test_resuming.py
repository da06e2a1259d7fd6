"""`resume_training` and `resume_finetuning`: a run that was stopped goes on as if it had not been."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from zoo import workflows
from zoo.errors import HyperparameterError, InterruptedWork, TrainingError
from zoo.interfaces import Epoch, Model, Run, RunKind, State
from zoo.plugins import load_plugins
from zoo.training.checkpoint import unpack
from zoo.workflows import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"
EPOCHS = 5
NOISY = {"augmentation": "light", "dropout": 0.2, "learning_rate": 0.01}
PHASES = {"head_epochs": "2", "unfreeze_epochs": "1"}


def interrupt_after(epoch: int) -> Callable[[Run, Epoch], object]:
    """Ctrl-C when so many epochs are done."""

    def look(run: Run, done: Epoch) -> None:
        if done.number == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    return look


def train(workspace: Workspace, hyperparameters: Mapping[str, Any] = NOISY, **more: Any) -> Model:
    options = TrainingOptions(epochs=EPOCHS, seed=3)
    return workflows.train(
        workspace, "tiny", "blobs", hyperparameters=hyperparameters, options=options, **more
    )


def stop(workspace: Workspace, epoch: int, work: Callable[[], object]) -> Run:
    """The run, interrupted when so many epochs were done."""
    workspace.progress.at_epoch = interrupt_after(epoch)
    with pytest.raises(InterruptedWork):
        work()
    workspace.progress.at_epoch = lambda run, epoch: None
    return workspace.registry.runs(state=State.INTERRUPTED)[0]


def metrics_of(workspace: Workspace, run_id: str) -> list[tuple[int, Mapping[str, float]]]:
    return [(epoch.number, epoch.metrics) for epoch in workspace.registry.epochs(run_id)]


def checkpoints(workspace: Workspace) -> list[str]:
    folder = Path(workspace.registry.artifacts.url) / "checkpoints"
    return [path.name for path in folder.glob("*")]


# Training ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [1, 4, EPOCHS])
def test_a_resumed_training_ends_with_the_same_bits(workspace: Workspace, epoch: int) -> None:
    undisturbed = train(workspace)
    run = stop(workspace, epoch, lambda: train(workspace))
    before = workspace.registry.epochs(run.id)
    resumed = workflows.resume_training(workspace, run.id[:6])
    assert (resumed.run_id, resumed.manifest) == (run.id, undisturbed.manifest)
    assert resumed.metrics == undisturbed.metrics
    assert metrics_of(workspace, run.id) == metrics_of(workspace, undisturbed.run_id)
    assert workspace.registry.epochs(run.id)[:epoch] == before
    assert workspace.registry.run(run.id).state is State.COMPLETED


@pytest.mark.large
@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_phases_go_on_in_the_right_one(workspace: Workspace, epoch: int) -> None:
    undisturbed = train(workspace, NOISY | PHASES)
    run = stop(workspace, epoch, lambda: train(workspace, NOISY | PHASES))
    assert workflows.resume_training(workspace, run.id).manifest == undisturbed.manifest


def test_a_training_is_resumed_as_often_as_it_is_stopped(workspace: Workspace) -> None:
    undisturbed = train(workspace)
    run = stop(workspace, 1, lambda: train(workspace))
    stop(workspace, 3, lambda: workflows.resume_training(workspace, run.id))
    assert workflows.resume_training(workspace, run.id).manifest == undisturbed.manifest


def test_a_training_without_a_checkpoint_begins_anew(workspace: Workspace) -> None:
    undisturbed = train(workspace)
    run = stop(workspace, 2, lambda: train(workspace))
    workspace.registry.drop_checkpoint(run.id)
    assert workflows.resume_training(workspace, run.id).manifest == undisturbed.manifest
    assert f"run {run.id} is resumed from the start: no epoch had ended" in workspace.progress.notices


def test_epochs_from_before_are_shown_again(workspace: Workspace) -> None:
    run = stop(workspace, 2, lambda: train(workspace))
    seen: list[int] = []
    workspace.progress.at_epoch = lambda run, epoch: seen.append(epoch.number)
    workflows.resume_training(workspace, run.id)
    assert (seen, f"run {run.id} is resumed after epoch 2" in workspace.progress.notices) == (
        [1, 2, 3, 4, 5],
        True,
    )


def test_what_is_frozen_is_not_in_a_checkpoint(workspace: Workspace) -> None:
    run = stop(workspace, 1, lambda: train(workspace, {"filters": 4, "freeze": "front"}))
    checkpoint = unpack(workspace.registry.checkpoint(run.id) or b"")
    assert checkpoint is not None
    assert (3, 3, 1, 4) not in [value.shape for value in checkpoint.network]
    assert (3, 3, 4, 4) in [value.shape for value in checkpoint.network]


def test_an_interrupted_run_keeps_its_checkpoint_until_it_is_completed(workspace: Workspace) -> None:
    run = stop(workspace, 1, lambda: train(workspace))
    assert checkpoints(workspace) == [run.id]
    workflows.resume_training(workspace, run.id)
    assert checkpoints(workspace) == []


def test_a_failed_run_leaves_no_checkpoint(workspace: Workspace) -> None:
    def fail(run: Run, epoch: Epoch) -> None:
        raise RuntimeError("went wrong")

    workspace.progress.at_epoch = fail
    with pytest.raises(RuntimeError, match="went wrong"):
        train(workspace)
    assert ([run.state for run in workspace.registry.runs()], checkpoints(workspace)) == ([State.FAILED], [])


# The best epoch so far -----------------------------------------------------------------------------------


def test_keep_best_completes_the_run_with_the_best_epoch_so_far(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_after(3)
    model = train(workspace, keep_best=True)
    run = workspace.registry.run(model.run_id)
    epochs = workspace.registry.epochs(run.id)
    assert (run.state, run.model_id, [epoch.number for epoch in epochs]) == (
        State.COMPLETED,
        model.id,
        [1, 2, 3],
    )
    best = max(epochs, key=lambda epoch: (epoch.metrics["val_accuracy"], -epoch.metrics["val_loss"]))
    assert model.metrics["val_accuracy"] == pytest.approx(best.metrics["val_accuracy"])
    assert model.metrics["val_loss"] == pytest.approx(best.metrics["val_loss"], rel=1e-4)
    assert workspace.progress.notices[-1] == (
        f"stopped after epoch 3 of 5: the model has the weights of epoch {best.number}"
    )
    assert checkpoints(workspace) == []


def test_a_kept_model_has_the_weights_of_a_training_that_ended_there(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_after(3)
    kept = train(workspace, {**NOISY, "schedule": "constant"}, keep_best=True)
    workspace.progress.at_epoch = lambda run, epoch: None
    options = TrainingOptions(epochs=3, seed=3)
    ended = workflows.train(
        workspace, "tiny", "blobs", hyperparameters={**NOISY, "schedule": "constant"}, options=options
    )
    assert (kept.manifest, kept.metrics) == (ended.manifest, ended.metrics)


def test_a_kept_model_is_a_model_like_any_other(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_after(2)
    kept = train(workspace, keep_best=True)
    workspace.progress.at_epoch = lambda run, epoch: None
    child = workflows.finetune(workspace, "blobs@best", "blobs", options=TrainingOptions(epochs=1))
    assert child.parent_id == kept.id


def test_a_run_that_kept_its_best_epoch_is_not_resumed(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_after(2)
    kept = train(workspace, keep_best=True)
    with pytest.raises(
        TrainingError, match=f"run {kept.run_id} is completed: .*train its model {kept.id} further"
    ):
        workflows.resume_training(workspace, kept.run_id)


def test_keep_best_of_a_resumed_run_takes_the_epochs_before_too(workspace: Workspace) -> None:
    run = stop(workspace, 3, lambda: train(workspace))
    workspace.progress.at_epoch = interrupt_after(1)  # as it is shown again
    model = workflows.resume_training(workspace, run.id, keep_best=True)
    assert (model.run_id, len(workspace.registry.epochs(run.id))) == (run.id, 3)


def test_an_epoch_that_only_the_checkpoint_has_is_recorded_with_the_model(workspace: Workspace) -> None:
    """Ctrl-C may come after the checkpoint and before the epoch's row."""
    registry, record = workspace.registry, workspace.registry.record_epoch

    def interrupted_once(run_id: str, epoch: Epoch) -> None:
        if epoch.number == 2:
            registry.record_epoch = record
            os.kill(os.getpid(), signal.SIGINT)
        record(run_id, epoch)

    registry.record_epoch = interrupted_once
    model = train(workspace, keep_best=True)
    assert [epoch.number for epoch in registry.epochs(model.run_id)] == [1, 2]


# Fine-tuning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "given"),
    [
        ("blobs-reversed", {"hyperparameters": {"freeze": "1", "augmentation": "light"}}),
        ("pets", {"hyperparameters": {"dropout": 0.2, **PHASES}}),
        pytest.param("pets", {"head": "new", "channels": 3}, marks=pytest.mark.large),
    ],
    ids=["other order of classes", "new head and phases", "rebuilt for RGB"],
)
def test_a_resumed_finetuning_ends_with_the_same_bits(
    trained: Workspace, parent: Model, dataset: str, given: dict[str, Any]
) -> None:
    def tune() -> Model:
        return workflows.finetune(
            trained, parent.id, dataset, options=TrainingOptions(epochs=EPOCHS), **given
        )

    undisturbed, run = tune(), stop(trained, 2, tune)
    resumed = workflows.resume_finetuning(trained, run.id)
    assert (resumed.run_id, resumed.parent_id, resumed.manifest) == (
        run.id,
        parent.id,
        undisturbed.manifest,
    )
    assert metrics_of(trained, run.id) == metrics_of(trained, undisturbed.run_id)


def test_keep_best_of_a_finetuning(trained: Workspace, parent: Model) -> None:
    trained.progress.at_epoch = interrupt_after(2)
    model = workflows.finetune(
        trained, parent.id, "blobs", options=TrainingOptions(epochs=EPOCHS), keep_best=True
    )
    assert (model.parent_id, len(trained.registry.epochs(model.run_id))) == (parent.id, 2)


# What cannot be resumed ---------------------------------------------------------------------------------------


def refusal(workspace: Workspace, run: Run) -> str:
    """The message, and that the run is as it was."""
    resume = workflows.resume_finetuning if run.plan.kind is RunKind.FINETUNE else workflows.resume_training
    with pytest.raises((TrainingError, HyperparameterError)) as caught:
        resume(workspace, run.id)
    assert workspace.registry.run(run.id) == run
    return str(caught.value)


def test_a_run_whose_dataset_has_changed_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number:02}.png")
    run = stop(workspace, 1, lambda: workflows.train(workspace, "tiny", str(tmp_path / "photos")))
    (tmp_path / "photos" / "cat" / "00.png").unlink()
    assert refusal(workspace, run) == (
        f"run {run.id} cannot be resumed: dataset 'photos' has changed since; start a new one"
    )


def test_a_run_of_another_version_of_the_architecture_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    run = stop(workspace, 1, lambda: train(workspace))
    (tmp_path / "newer").mkdir()
    source = TINY.read_text().replace('name="tiny",', 'name="tiny", version="2",')
    (tmp_path / "newer" / "tiny.py").write_text(source)
    newer = replace(workspace, plugins=load_plugins(tmp_path / "newer"))
    assert refusal(newer, run) == (
        f"run {run.id} cannot be resumed: 'tiny' is now version 2, it began with 1; start a new one"
    )


def test_a_finetuning_whose_parent_was_deleted_is_refused(trained: Workspace, parent: Model) -> None:
    run = stop(trained, 1, lambda: workflows.finetune(trained, parent.id, "blobs"))
    trained.registry.delete_models([parent.id])
    assert refusal(trained, run) == (
        f"run {run.id} cannot be resumed: model {parent.id}, which it started from, was deleted; "
        "start a new one from another model"
    )


def test_a_training_is_not_resumed_as_a_finetuning(workspace: Workspace) -> None:
    run = stop(workspace, 1, lambda: train(workspace))
    with pytest.raises(TrainingError) as caught:
        workflows.resume_finetuning(workspace, run.id)
    assert str(caught.value) == (
        f"run {run.id} was started by `zoo train`: resume it with `zoo train --resume {run.id}`"
    )


WEIGHTED = """
import numpy as np
from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    layer = layers.Conv2D(2, 3, strides=2, name="conv")
    features = layer(inputs)
    if weights is not None:
        layer.kernel.assign(np.load(weights.replace(".h5", ".npy")))
    return features


@hookimpl
def zoo_architectures():
    return [Architecture("weighted", backbone, "one layer", "none", min_size=4, weights=("own",))]
"""


def test_a_run_whose_weights_file_has_changed_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "weighted.py").write_text(WEIGHTED)
    (folder / "tiny.py").symlink_to(TINY)
    np.save(tmp_path / "start.npy", np.ones((3, 3, 1, 2), "float32"))
    file = tmp_path / "start.h5"
    file.write_bytes(b"first")
    weighted = replace(workspace, plugins=load_plugins(folder))
    run = stop(weighted, 1, lambda: workflows.train(weighted, "weighted", "blobs", weights=str(file)))
    file.write_bytes(b"second")
    assert refusal(weighted, run) == (
        f"the weights file {file} has changed since the run started: restore it, or start a new run"
    )
    file.write_bytes(b"first")
    assert workflows.resume_training(weighted, run.id).run_id == run.id
