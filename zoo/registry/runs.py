"""Runs and their epochs, from the first word of them to their one final state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from zoo.errors import RegistryError
from zoo.interfaces import Epoch, Run, RunKind, RunPlan, State, Trial
from zoo.registry import ids, metrics
from zoo.registry.schema import DatasetRow, EpochRow, ModelRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import DatasetVersion, Evaluation, HyperparameterValue, ModelContent
    from zoo.registry.manifest import StoredContent

ENDS = (State.FAILED, State.PRUNED, State.INTERRUPTED)
"""How a run ends that makes no model."""


def start(session: Session, plan: RunPlan, dataset: DatasetVersion) -> RunRow:
    """A new run, running."""
    row = RunRow(id=ids.new_id(session), dataset_id=dataset.id, state=State.RUNNING)
    begin(session, row, plan)
    session.add(row)
    session.flush()
    return row


def begin(session: Session, row: RunRow, plan: RunPlan) -> None:
    """Write the plan into a row, and that work on it starts now."""
    if plan.parent_id is not None:
        ids.get(session, ModelRow, plan.parent_id)
    row.kind = plan.kind
    row.architecture = plan.architecture
    row.architecture_version = plan.architecture_version
    row.plugin = plan.plugin
    row.hyperparameters = dict(plan.hyperparameters)
    row.settings = dict(plan.settings)
    row.environment = dict(plan.environment)
    row.parent_id = plan.parent_id
    row.state = State.RUNNING
    row.started_at = datetime.now(UTC)
    row.finished_at = row.score = row.error = None


def running(session: Session, run_id: str) -> RunRow:
    """A run that has not ended.

    Raises:
        NotFoundError: there is no such run.
        RegistryError: it has ended, and a run ends once.
    """
    row = ids.get(session, RunRow, run_id)
    if row.state != State.RUNNING:
        raise RegistryError(f"run {run_id} has ended already ({row.state}): start another one")
    return row


def record_epoch(session: Session, run_id: str, epoch: Epoch) -> None:
    """Write an epoch, in place of the run's older one of this number."""
    running(session, run_id)
    values = {name: float(value) for name, value in epoch.metrics.items()}
    session.merge(EpochRow(run_id=run_id, number=epoch.number, metrics=values, seconds=epoch.seconds))


def epochs(session: Session, run_id: str) -> list[Epoch]:
    """A run's epochs in order."""
    ids.get(session, RunRow, run_id)
    rows = session.scalars(select(EpochRow).where(EpochRow.run_id == run_id).order_by(EpochRow.number))
    return [Epoch(row.number, row.metrics, row.seconds) for row in rows]


def complete(
    session: Session,
    run_id: str,
    content: ModelContent,
    stored: StoredContent,
    evaluations: Sequence[Evaluation],
    *,
    score: float | None,
) -> ModelRow:
    """The run's model, whose artifacts are stored already, and all else that is true from now on."""
    run = running(session, run_id)
    model = ModelRow(
        id=ids.new_id(session),
        class_names=list(content.class_names),
        image_size=content.image_size,
        channels=content.channels,
        parameters=stored.parameters,
        trainable_parameters=stored.trainable_parameters,
        size_bytes=stored.size_bytes,
        manifest=stored.manifest,
        created_at=datetime.now(UTC),
        metrics=[row for each in evaluations for row in metrics.rows_of(each, run.dataset_id)],
    )
    session.add(model)
    run.model = model
    run.score = score
    _finish(run, State.COMPLETED, None)
    session.flush()
    session.expire_all()
    return model


def end(
    session: Session,
    run_id: str,
    state: State,
    error: str | None,
) -> RunRow:
    """A run that made no model is over."""
    if state not in ENDS:
        raise ValueError(f"a run without a model ends as one of {', '.join(ENDS)}, not {state}")
    row = running(session, run_id)
    _finish(row, state, error)
    return row


def listed(
    session: Session,
    *,
    dataset: str | None,
    search_id: str | None,
    kind: RunKind | None,
    state: State | None,
    limit: int | None,
) -> list[Run]:
    """Runs newest first; those of one search by their number."""
    query = select(RunRow).join(RunRow.dataset)
    for column, wanted in (
        (DatasetRow.name, dataset),
        (RunRow.search_id, search_id),
        (RunRow.kind, kind),
        (RunRow.state, state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if search_id is None:
        query = query.order_by(RunRow.started_at.desc(), RunRow.id)
    else:
        query = query.order_by(RunRow.trial_number)
    return [to_run(row) for row in session.scalars(query.limit(limit))]


def to_run(row: RunRow) -> Run:
    """The row as a dataclass."""
    plan = RunPlan(
        kind=RunKind(row.kind),
        architecture=row.architecture,
        architecture_version=row.architecture_version,
        plugin=row.plugin,
        hyperparameters=row.hyperparameters,
        settings=row.settings,
        environment=row.environment,
        parent_id=row.parent_id,
    )
    return Run(
        id=row.id,
        plan=plan,
        state=State(row.state),
        dataset=row.dataset.name,
        dataset_version=row.dataset.version,
        started_at=row.started_at,
        finished_at=row.finished_at,
        search_id=row.search_id,
        trial=_to_trial(row),
        score=row.score,
        model_id=row.model_id,
        error=row.error,
    )


def write_trial(row: RunRow, trial: Trial) -> None:
    """Write what the search's algorithm asked for; `_to_trial` reads it."""
    row.trial_id = trial.trial_id
    row.trial_number = trial.number
    row.trial = {
        "hyperparameters": dict(trial.hyperparameters),
        "epochs": trial.epochs,
        "initial_epoch": trial.initial_epoch,
        "continues": trial.continues,
    }


def _to_trial(row: RunRow) -> Trial | None:
    if row.trial is None or row.trial_id is None or row.trial_number is None:
        return None
    return Trial(
        trial_id=row.trial_id,
        number=row.trial_number,
        hyperparameters=cast("dict[str, HyperparameterValue]", row.trial["hyperparameters"]),
        epochs=cast("int", row.trial["epochs"]),
        initial_epoch=cast("int", row.trial["initial_epoch"]),
        continues=cast("str | None", row.trial["continues"]),
    )


def _finish(row: RunRow, state: State, error: str | None) -> None:
    row.state = state
    row.error = error
    row.finished_at = datetime.now(UTC)
