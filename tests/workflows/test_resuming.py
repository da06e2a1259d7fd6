"""`resume_training` and `resume_finetuning`: a run that was stopped resumes as if it had not been."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.format_plugins import toys
from tests.workflows.search.tiny_searches import workspace_in
from tests.workflows.stopped_runs import TINY, checkpoints, interrupt_after, refusal, stop
from zoo import workflows
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Model, Run, State
from zoo.plugins import load_plugins
from zoo.training.checkpoint import unpack
from zoo.workflows import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

EPOCHS = 5
NOISY = {"augmentation": "light", "dropout": 0.2, "learning_rate": 0.01}
PHASES = {"head_epochs": "2", "unfreeze_epochs": "1"}


def train(workspace: Workspace, hyperparameters: Mapping[str, Any] = NOISY, **more: Any) -> Model:
    options = TrainingOptions(epochs=EPOCHS, seed=3)
    return workflows.train(
        workspace, "tiny", "blobs", hyperparameters=hyperparameters, options=options, **more
    )


def metrics_of(workspace: Workspace, run_id: str) -> list[tuple[int, Mapping[str, float]]]:
    return [(epoch.number, epoch.metrics) for epoch in workspace.registry.epochs(run_id)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Workspace]:
    """One training, never stopped."""
    with workspace_in(tmp_path_factory.mktemp("undisturbed"), plugins) as workspace:
        train(workspace)
        yield workspace


@pytest.fixture(scope="module")
def stopped_folder(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Callable[[int], Path]:
    """Return a folder whose registry has the training, stopped after an epoch."""

    @cache
    def stopped(epoch: int) -> Path:
        folder = tmp_path_factory.mktemp("stopped")
        with workspace_in(folder, plugins) as workspace:
            stop(workspace, epoch, lambda: train(workspace))
        return folder

    return stopped


@pytest.fixture
def stopped(
    stopped_folder: Callable[[int], Path], tmp_path: Path, plugins: Plugins
) -> Iterator[Callable[[int], tuple[Workspace, Run]]]:
    """Return a copy of the training that was stopped after an epoch, which the test may change."""
    with ExitStack() as stack:

        def copied(epoch: int) -> tuple[Workspace, Run]:
            shutil.copytree(stopped_folder(epoch), tmp_path / "stopped")
            workspace = stack.enter_context(workspace_in(tmp_path / "stopped", plugins))
            return workspace, workspace.registry.runs()[0]

        yield copied


# Training ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resumption:
    """A training that was stopped after an epoch and then resumed.

    Attributes:
        run, epochs, checkpoints: before it was resumed.
        shown: numbers of the epochs that the resumed training reported.
    """

    stop: int
    workspace: Workspace
    run: Run
    epochs: Sequence[Epoch]
    checkpoints: list[str]
    model: Model
    shown: list[int]


@pytest.fixture(scope="module", params=[1, 4, EPOCHS])
def resumption(
    request: pytest.FixtureRequest,
    stopped_folder: Callable[[int], Path],
    tmp_path_factory: pytest.TempPathFactory,
    plugins: Plugins,
) -> Iterator[Resumption]:
    folder = tmp_path_factory.mktemp("resumed") / "copy"
    shutil.copytree(stopped_folder(request.param), folder)
    with workspace_in(folder, plugins) as workspace:
        (run,) = workspace.registry.runs()
        epochs, before, shown = workspace.registry.epochs(run.id), checkpoints(workspace), []
        workspace.progress.at_epoch = lambda run, epoch: shown.append(epoch.number)
        model = workflows.resume_training(workspace, run.id[:6])
        yield Resumption(request.param, workspace, run, epochs, before, model, shown)


def test_a_resumed_training_ends_with_the_same_bits(resumption: Resumption, undisturbed: Workspace) -> None:
    registry, (model,) = resumption.workspace.registry, undisturbed.registry.models()
    assert (resumption.model.run_id, resumption.model.manifest) == (resumption.run.id, model.manifest)
    assert resumption.model.metrics == model.metrics
    assert metrics_of(resumption.workspace, resumption.run.id) == metrics_of(undisturbed, model.run_id)
    assert registry.epochs(resumption.run.id)[: resumption.stop] == resumption.epochs
    assert registry.run(resumption.run.id).state is State.COMPLETED


def test_epochs_from_before_are_shown_again(resumption: Resumption) -> None:
    notice = f"run {resumption.run.id} is resumed after epoch {resumption.stop}"
    assert (resumption.shown, notice in resumption.workspace.progress.notices) == ([1, 2, 3, 4, 5], True)


def test_an_interrupted_run_keeps_its_checkpoint_until_it_is_completed(resumption: Resumption) -> None:
    assert (resumption.checkpoints, checkpoints(resumption.workspace)) == ([resumption.run.id], [])


@pytest.mark.large
@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_phases_are_resumed_in_the_right_one(
    workspace: Workspace, undisturbed_phases: Model, epoch: int
) -> None:
    run = stop(workspace, epoch, lambda: train(workspace, NOISY | PHASES))
    assert workflows.resume_training(workspace, run.id).manifest == undisturbed_phases.manifest


@pytest.fixture(scope="module")
def undisturbed_phases(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Model:
    with workspace_in(tmp_path_factory.mktemp("phases"), plugins) as workspace:
        return train(workspace, NOISY | PHASES)


def test_a_training_is_resumed_as_often_as_it_is_stopped(stopped: Callable, undisturbed: Workspace) -> None:
    workspace, run = stopped(1)
    stop(workspace, 3, lambda: workflows.resume_training(workspace, run.id))
    (model,) = undisturbed.registry.models()
    assert workflows.resume_training(workspace, run.id).manifest == model.manifest


def test_a_training_without_a_checkpoint_starts_over(stopped: Callable, undisturbed: Workspace) -> None:
    workspace, run = stopped(4)
    workspace.registry.drop_checkpoint(run.id)
    (model,) = undisturbed.registry.models()
    assert workflows.resume_training(workspace, run.id).manifest == model.manifest
    assert f"run {run.id} is resumed from the start: no epoch had ended" in workspace.progress.notices


def test_frozen_layers_are_not_in_a_checkpoint(workspace: Workspace) -> None:
    run = stop(workspace, 1, lambda: train(workspace, {"filters": 4, "freeze": "front"}))
    checkpoint = unpack(workspace.registry.checkpoint(run.id) or b"")
    assert checkpoint is not None
    assert (3, 3, 1, 4) not in [value.shape for value in checkpoint.network]
    assert (3, 3, 4, 4) in [value.shape for value in checkpoint.network]


@pytest.mark.large
def test_a_run_of_an_older_registry_freezes_the_variables_of_these_paths(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Before variables were named by structure, `--freeze LAYER/PREFIX` had their paths in Keras."""
    shutil.copytree(TINY.parent, tmp_path / "older")
    shutil.copy(Path(__file__).parent / "assets" / "older.py", tmp_path / "older")
    older = replace(workspace, plugins=load_plugins(tmp_path / "older"))
    values, options = {"freeze": "block2_attention/query/kernel"}, TrainingOptions(epochs=2)
    run = stop(
        older, 1, lambda: workflows.train(older, "older", "blobs", hyperparameters=values, options=options)
    )
    model = workflows.resume_training(older, run.id)
    content = older.registry.load_content(model.id)
    frozen = content.tensors.keys() - {*content.trainable, *content.statistics}
    assert frozen == {"block2_attention/query_dense/kernel"}


def test_a_failed_run_leaves_no_checkpoint(workspace: Workspace) -> None:
    def fail(run: Run, epoch: Epoch) -> None:
        raise RuntimeError("went wrong")

    workspace.progress.at_epoch = fail
    with pytest.raises(RuntimeError, match="went wrong"):
        train(workspace)
    assert ([run.state for run in workspace.registry.runs()], checkpoints(workspace)) == ([State.FAILED], [])


# The best epoch so far -----------------------------------------------------------------------------------


CONSTANT = {**NOISY, "schedule": "constant"}


@pytest.fixture(scope="module")
def kept_folder(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Path:
    """A registry with a training that was stopped after its third epoch and kept the best."""
    folder = tmp_path_factory.mktemp("kept")
    with workspace_in(folder, plugins) as workspace:
        workspace.progress.at_epoch = interrupt_after(3)
        train(workspace, CONSTANT, keep_best=True)
        (folder / "notice").write_text(workspace.progress.notices[-1])
    return folder


@pytest.fixture
def kept_workspace(kept_folder: Path, tmp_path: Path, plugins: Plugins) -> Iterator[Workspace]:
    """A copy of that registry, which the test may change."""
    shutil.copytree(kept_folder, tmp_path / "kept")
    with workspace_in(tmp_path / "kept", plugins) as workspace:
        yield workspace


def test_keep_best_completes_the_run_with_the_best_epoch_so_far(
    kept_workspace: Workspace, kept_folder: Path
) -> None:
    (run,), (model,) = kept_workspace.registry.runs(), kept_workspace.registry.models()
    epochs = kept_workspace.registry.epochs(run.id)
    assert (run.state, run.model_id, [epoch.number for epoch in epochs]) == (
        State.COMPLETED,
        model.id,
        [1, 2, 3],
    )
    best = max(epochs, key=lambda epoch: (epoch.metrics["val_accuracy"], -epoch.metrics["val_loss"]))
    assert model.metrics["val_accuracy"] == pytest.approx(best.metrics["val_accuracy"])
    assert model.metrics["val_loss"] == pytest.approx(best.metrics["val_loss"], rel=1e-4)
    assert (kept_folder / "notice").read_text() == (
        f"stopped after epoch 3 of 5: the model has the weights of epoch {best.number}"
    )
    assert checkpoints(kept_workspace) == []


def test_a_kept_model_has_the_weights_of_a_training_that_ended_there(kept_workspace: Workspace) -> None:
    (model,) = kept_workspace.registry.models()
    options = TrainingOptions(epochs=3, seed=3)
    ended = workflows.train(kept_workspace, "tiny", "blobs", hyperparameters=CONSTANT, options=options)
    assert (model.manifest, model.metrics) == (ended.manifest, ended.metrics)


def test_a_kept_model_can_be_fine_tuned(kept_workspace: Workspace) -> None:
    (model,) = kept_workspace.registry.models()
    child = workflows.finetune(kept_workspace, "blobs@best", "blobs", options=TrainingOptions(epochs=1))
    assert child.parent_id == model.id


def test_a_run_that_kept_its_best_epoch_is_not_resumed(kept_workspace: Workspace) -> None:
    (model,) = kept_workspace.registry.models()
    with pytest.raises(
        TrainingError, match=f"run {model.run_id} is completed: .*train its model {model.id} further"
    ):
        workflows.resume_training(kept_workspace, model.run_id)


def test_keep_best_of_a_resumed_run_takes_the_epochs_before_too(stopped: Callable) -> None:
    workspace, run = stopped(4)
    workspace.progress.at_epoch = interrupt_after(1)  # as it is shown again
    model = workflows.resume_training(workspace, run.id, keep_best=True)
    assert (model.run_id, len(workspace.registry.epochs(run.id))) == (run.id, 4)


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
    ("dataset", "values"),
    [
        pytest.param(
            "blobs-reversed",
            {"hyperparameters": {"freeze": "1", "augmentation": "light"}},
            marks=pytest.mark.large,
        ),
        ("pets", {"hyperparameters": {"dropout": 0.2, **PHASES}}),
        pytest.param("pets", {"head": "new", "channels": 3}, marks=pytest.mark.large),
    ],
    ids=["other order of classes", "new head and phases", "rebuilt for RGB"],
)
def test_a_resumed_finetuning_ends_with_the_same_bits(
    trained: Workspace, parent: Model, dataset: str, values: dict[str, Any]
) -> None:
    def tune() -> Model:
        return workflows.finetune(
            trained, parent.id, dataset, options=TrainingOptions(epochs=EPOCHS), **values
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


def test_a_run_of_another_version_of_the_architecture_is_refused(stopped: Callable, tmp_path: Path) -> None:
    workspace, run = stopped(1)
    (tmp_path / "newer").mkdir()
    source = TINY.read_text().replace('name="tiny",', 'name="tiny", version="2",')
    (tmp_path / "newer" / "tiny.py").write_text(source)
    newer = replace(workspace, plugins=load_plugins(tmp_path / "newer"))
    assert refusal(newer, run) == (
        f"run {run.id} cannot be resumed: 'tiny' is now version 2, it began with 1; start a new one"
    )


def test_a_run_of_changed_code_is_refused(stopped: Callable, tmp_path: Path) -> None:
    workspace, run = stopped(1)
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed" / "tiny.py").write_text(TINY.read_text().replace("strides=2", "strides=1"))
    changed = replace(workspace, plugins=load_plugins(tmp_path / "changed"))
    assert refusal(changed, run) == (
        f"run {run.id} cannot be resumed: the code of 'tiny' has changed since: restore that code, or start a new one"
    )


def test_a_run_whose_images_a_plugin_now_decodes_differently_is_refused(
    workspace: Workspace, tmp_path: Path, decoding: Callable[[str], Workspace]
) -> None:
    crate, older = toys.sample_crate(tmp_path), decoding("1")
    run = stop(older, 1, lambda: workflows.train(older, "tiny", str(crate)))
    newer = decoding("2")
    assert refusal(newer, run) == (
        f"run {run.id} cannot be resumed: dataset 'set' was decoded by toy 1, and is now by toy 2; start a new one"
    )


def test_a_finetuning_whose_parent_was_deleted_is_refused(trained: Workspace, parent: Model) -> None:
    run = stop(trained, 1, lambda: workflows.finetune(trained, parent.id, "blobs"))
    trained.registry.delete_models([parent.id])
    assert refusal(trained, run) == (
        f"run {run.id} cannot be resumed: model {parent.id}, which it started from, was deleted; "
        "start a new one from another model"
    )


def test_a_training_is_not_resumed_as_a_finetuning(stopped: Callable) -> None:
    workspace, run = stopped(1)
    with pytest.raises(TrainingError) as caught:
        workflows.resume_finetuning(workspace, run.id)
    assert str(caught.value) == (
        f"run {run.id} was started by `zoo train`: resume it with `zoo train --resume {run.id}`"
    )
