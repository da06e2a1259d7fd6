"""Resumes an interrupted training or fine-tuning after its last epoch. Its checks need no TensorFlow."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from zoo.data.sources import open_source
from zoo.errors import NotFoundError, TrainingError
from zoo.interfaces import Progress, RunKind
from zoo.workflows.architecture_code import change_of_code
from zoo.workflows.at_work import is_at_work
from zoo.workflows.images import InputShape, change_of_decoders, in_order_of, prepare
from zoo.workflows.weights import is_local, locate_weights
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras_tuner import HyperParameters

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Model, Run
    from zoo.models.classifier import Classifier
    from zoo.plugins import Plugins
    from zoo.registry import Registry
    from zoo.workflows.workspace import Workspace

_COMMANDS = {RunKind.TRAIN: "zoo train", RunKind.FINETUNE: "zoo finetune"}


def check_resumable(registry: Registry, plugins: Plugins, ref: str, kind: RunKind) -> Run:
    """Return the run if it can be resumed, as far as is known before its dataset is read.

    Args:
        ref: the id of a run, or a unique prefix.
        kind: TRAIN or FINETUNE.

    Raises:
        TrainingError: it is completed, failed, running, of another kind, or its architecture has changed.
        HyperparameterError: its weights file is missing or has changed.
    """
    run = registry.resumable_run(ref)
    if is_at_work(run.id):
        raise TrainingError(f"run {run.id} is running in this process: wait until it ends, or stop it first")
    if run.plan.kind is not kind:
        command = _COMMANDS[run.plan.kind]
        raise TrainingError(
            f"run {run.id} was started by `{command}`: resume it with `{command} --resume {run.id}`"
        )
    if run.plan.parent_id is not None:
        _refuse_deleted_parent(registry, run)
    else:
        _refuse_changed_architecture(plugins, run)
        _refuse_changed_weights(plugins, run)
    return run


def resume_training(workspace: Workspace, ref: str, *, keep_best: bool = False) -> Model:
    """Resume an interrupted `zoo train` after its last epoch.

    On a CPU the model gets the same weights as without the interruption.

    Args:
        ref: the id of a run, or a unique prefix.
        keep_best: as in `zoo.workflows.training.train`.

    Raises:
        TrainingError: as `check_resumable` does, or the dataset has changed.
        InterruptedWork: the user stopped it again.
    """
    run = check_resumable(workspace.registry, workspace.plugins, ref, RunKind.TRAIN)
    opened, shape = _open_dataset(workspace, run), _shape_of(run)
    start_tensorflow(workspace.progress)
    from zoo.workflows.training import builder

    build_from = builder(workspace, run.plan.candidate, opened.images.class_names)
    return _resume(workspace, run, opened, shape, build_from, keep_best=keep_best)


def resume_finetuning(workspace: Workspace, ref: str, *, keep_best: bool = False) -> Model:
    """Resume an interrupted `zoo finetune`; see `resume_training`."""
    run = check_resumable(workspace.registry, workspace.plugins, ref, RunKind.FINETUNE)
    opened, shape = _open_dataset(workspace, run), _shape_of(run)
    start_tensorflow(workspace.progress)
    from zoo.workflows.parents import KEEP, NEW, find_parent

    parent = find_parent(
        workspace,
        workspace.registry.model(str(run.plan.parent_id)),
        opened,
        {},
        head=KEEP if run.plan.candidate.keeps_head else NEW,
        **asdict(shape),
    )
    return _resume(workspace, run, opened, shape, parent.build, parent.class_names, keep_best=keep_best)


def _resume(
    workspace: Workspace,
    run: Run,
    opened: OpenedDataset,
    shape: InputShape,
    build_from: Callable[[HyperParameters], Classifier],
    class_names: tuple[str, ...] | None = None,
    *,
    keep_best: bool,
) -> Model:
    """Build the classifier as it was before the first epoch, and continue from the checkpoint.

    Args:
        class_names: in the order of the classifier's outputs; None: in the dataset's order.
    """
    from keras_tuner import HyperParameters

    from zoo.training.checkpoint import epochs_in
    from zoo.training.fit import start_fresh
    from zoo.workflows.adapting import adapted
    from zoo.workflows.recording import Training, run_training

    plan, registry = run.plan, workspace.registry
    decoded = prepare(workspace, opened, shape).decoded
    architecture = workspace.plugins.architectures.get(plan.architecture)

    def build() -> Classifier:
        start_fresh(plan.training.seed)
        hp = HyperParameters()
        hp.values = dict(plan.hyperparameters)
        return adapted(build_from(hp), architecture, plan.candidate, decoded, plan.training.sampling)

    training = Training(build, in_order_of(decoded, class_names or decoded.class_names), keep_best)
    classifier, checkpoint = build(), registry.checkpoint(run.id)
    done = epochs_in(checkpoint)
    reopened = registry.reopen_run(run.id, done)
    where = f"after epoch {done[-1].number}" if done else "from the start: no epoch had ended"
    workspace.progress.notice(f"run {run.id} is resumed {where}")
    return run_training(workspace, reopened, training, classifier, checkpoint)


def _shape_of(run: Run) -> InputShape:
    return InputShape(run.plan.candidate.image_size, run.plan.candidate.channels)


def _open_dataset(workspace: Workspace, run: Run) -> OpenedDataset:
    """Open the dataset of the run, and refuse it if its images or their decoders have changed."""
    version = workspace.registry.dataset(run.dataset, run.dataset_version)
    workspace.progress.began(f"reading {run.dataset}")
    plugins = workspace.plugins
    opened = open_source(run.dataset, version.source, plugins.datasets, plugins.formats, workspace.progress)
    if opened.fingerprint != version.fingerprint:
        raise TrainingError(
            f"run {run.id} cannot be resumed: dataset '{run.dataset}' has changed since; start a new one"
        )
    if change := change_of_decoders(opened, run.plan.environment):
        raise TrainingError(
            f"run {run.id} cannot be resumed: dataset '{run.dataset}' was {change}; start a new one"
        )
    return opened


def _refuse_deleted_parent(registry: Registry, run: Run) -> None:
    try:
        registry.model(str(run.plan.parent_id))
    except NotFoundError:
        raise TrainingError(
            f"run {run.id} cannot be resumed: model {run.plan.parent_id}, which it started from, was deleted; "
            "start a new one from another model"
        ) from None


def _refuse_changed_architecture(plugins: Plugins, run: Run) -> None:
    now, then = plugins.architecture(run.plan.architecture), run.plan.candidate.version
    if now.version != then:
        raise TrainingError(
            f"run {run.id} cannot be resumed: '{now.name}' is now version {now.version}, it began with {then}; "
            "start a new one"
        )
    if change := change_of_code(now, run.plan.environment):
        raise TrainingError(f"run {run.id} cannot be resumed: {change} start a new one")


def _refuse_changed_weights(plugins: Plugins, run: Run) -> None:
    weights = run.plan.candidate.weights
    if weights is not None and is_local(weights):  # others are checked later, by their download
        locate_weights(plugins.architecture(run.plan.architecture), weights, Progress(), work="run")
