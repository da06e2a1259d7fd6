"""Records a single training: each epoch, and exactly one final state of the run."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import ContractError, HyperparameterError, InterruptedWork, RegistryError, ZooError
from zoo.interfaces import Epoch, Model, Run, State, interrupts_first
from zoo.plugins import call_hook
from zoo.registry import resume_command
from zoo.training.checkpoint import epochs_in
from zoo.workflows.at_work import at_work
from zoo.workflows.fitting import evaluate_checkpoint, fit_and_evaluate, fit_settings
from zoo.workflows.options import report_sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.data.cache import DecodedDataset
    from zoo.models.classifier import Classifier
    from zoo.workflows.fitting import OnEpoch, Trained
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Training:
    """A training that is ready to start or to be resumed.

    Args:
        build: returns the classifier as it is before the first epoch, the same one each time.
        decoded: with labels in the order of the classifier's classes.
        keep_best: Ctrl-C ends the run with the model of its best epoch so far, instead of leaving it to be resumed.
    """

    build: Callable[[], Classifier]
    decoded: DecodedDataset
    keep_best: bool = False


def run_training(
    workspace: Workspace,
    run: Run,
    training: Training,
    classifier: Classifier,
    checkpoint: bytes | None = None,
) -> Model:
    """Train a run that is recorded as running, and store its model.

    Args:
        classifier: as `training.build` returns it.
        checkpoint: of the epoch to resume after.

    Raises:
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    with at_work(run.id), recorded(workspace, run):
        try:
            with interrupts_first(workspace.progress):
                trained = _fit(workspace, run, training, classifier, checkpoint)
        except KeyboardInterrupt:
            best = _best_so_far(workspace, run, training) if training.keep_best else None
            if best is None:
                raise
            trained = best
        return workspace.registry.complete_run(run.id, trained.content, trained.evaluations)


def _fit(
    workspace: Workspace, run: Run, training: Training, classifier: Classifier, checkpoint: bytes | None
) -> Trained:
    plan = run.plan
    workspace.progress.run_started(run)
    for epoch in epochs_in(checkpoint):
        workspace.progress.epoch_ended(run, epoch)
    report_sampling(workspace, training.decoded, plan.training.sampling)
    return fit_and_evaluate(
        classifier,
        training.decoded,
        plan.hyperparameters,
        fit_settings(plan),
        recording(workspace, run),
        checkpoint,
        workspace.progress,
    )


def recording(workspace: Workspace, run: Run) -> OnEpoch:
    """Return a callback that records an epoch of a single training: first its checkpoint, then the epoch."""

    def on_epoch(epoch: Epoch, save: Callable[[], bytes]) -> bool:
        workspace.registry.save_checkpoint(run.id, save())
        workspace.registry.record_epoch(run.id, epoch)
        workspace.progress.epoch_ended(run, epoch)
        return False

    return on_epoch


def _best_so_far(workspace: Workspace, run: Run, training: Training) -> Trained | None:
    """Return the best epoch of a training that was just interrupted.

    None before the end of its first epoch, or if its weights file has changed, which a notice says.
    """
    registry, plan = workspace.registry, run.plan
    checkpoint = registry.checkpoint(run.id)
    done = epochs_in(checkpoint)
    if checkpoint is None or not done:
        return None
    try:
        classifier = training.build()
    except HyperparameterError as error:
        workspace.progress.notice(str(error))
        return None
    for epoch in done[len(registry.epochs(run.id)) :]:  # stopped between a checkpoint and the epoch's row
        registry.record_epoch(run.id, epoch)
    trained = evaluate_checkpoint(
        classifier, training.decoded, plan.hyperparameters, fit_settings(plan), checkpoint
    )
    if trained is not None:
        workspace.progress.notice(
            f"stopped after epoch {done[-1].number} of {plan.training.epochs}: "
            f"the model has the weights of epoch {trained.best.number}"
        )
    return trained


@contextmanager
def recorded(workspace: Workspace, run: Run) -> Iterator[None]:
    """End the run in exactly one final state, whatever happens in the body."""
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedWork(_interrupt(workspace, run)) from None
    except BaseException as error:
        reason = str(error) if isinstance(error, ZooError) else traceback.format_exc()
        _end(workspace, run, State.FAILED, reason)
        raise
    announce(workspace, workspace.registry.run(run.id))


def _interrupt(workspace: Workspace, run: Run) -> str:
    """Record that the user stopped the run; return a message with the command to resume it."""
    ended = workspace.registry.run(run.id)
    if ended.state is State.COMPLETED:
        announce(workspace, ended)
        return f"interrupted, but run {run.id} is completed: its model is {ended.model_id}"
    _end(workspace, run, State.INTERRUPTED, None)
    return f"run {run.id} was interrupted; continue with: {resume_command(workspace.registry, run)}"


def announce(workspace: Workspace, ended: Run) -> None:
    """Report the end of the run to the progress and to plugins; a notice shows a plugin that raises an error."""
    workspace.progress.run_ended(ended)
    for implementation in workspace.plugins.manager.hook.zoo_run_finished.get_hookimpls():
        try:
            call_hook(implementation, ended)
        except ContractError as error:
            name = implementation.plugin_name
            workspace.progress.notice(f"zoo_run_finished of plugin {name} failed: {error}")


def _end(workspace: Workspace, run: Run, state: State, error: str | None) -> None:
    """Record the final state of the run. If that fails too, for example on a full disk, the first error is reported."""
    try:
        ended = workspace.registry.end_run(run.id, state, error)
    except RegistryError as unwritten:
        workspace.progress.notice(f"run {run.id} remains '{run.state}' in the registry: {unwritten}")
    else:
        announce(workspace, ended)
