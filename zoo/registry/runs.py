"""Runs and their epochs, from their start to their one final state."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, cast

from sqlalchemy import delete, func, or_, select

from zoo.errors import RegistryError, TrainingError
from zoo.interfaces import (
    CandidatePlan,
    Epoch,
    Run,
    RunKind,
    RunPlan,
    SearchOptions,
    State,
    TrainingOptions,
    Trial,
    Weights,
)
from zoo.registry import ids, metrics, owners
from zoo.registry.damage import damage_named
from zoo.registry.metrics import LOSS, loss_on
from zoo.registry.schema import DatasetRow, EpochRow, ModelRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import DatasetVersion, HyperparameterValue

ENDS = (State.FAILED, State.PRUNED, State.INTERRUPTED)
"""The final states of a run without a model."""
MOST_DEATHS = 3
"""After so many deaths of its process without one more epoch, a trial fails."""


def start(session: Session, plan: RunPlan, dataset: DatasetVersion) -> RunRow:
    """Record a new run as running."""
    row = RunRow(id=ids.new_id(session), dataset_id=dataset.id, state=State.RUNNING)
    begin(session, row, plan)
    session.add(row)
    session.flush()
    return row


def begin(session: Session, row: RunRow, plan: RunPlan) -> None:
    """Write the plan into a row and mark it as running from now on, in this process."""
    if plan.parent_id is not None:
        ids.get(session, ModelRow, plan.parent_id)
    row.kind = plan.kind
    _write_candidate(row, plan.candidate)
    row.preset = plan.preset
    row.hyperparameters = dict(plan.hyperparameters)
    row.training = plan.training.to_json()
    row.data_check = dict(plan.data_check)
    row.environment = dict(plan.environment)
    row.state = State.RUNNING
    row.started_at = datetime.now(UTC)
    row.owner = owners.this_process()
    row.finished_at = row.score = row.scores = row.error = None


def resumable(session: Session, run_id: str) -> RunRow:
    """The row of a training that can resume: one that was interrupted, or whose process has ended.

    Raises:
        TrainingError: it is completed, failed or a trial of a search, or another process on this machine runs it.
    """
    row = ids.get(session, RunRow, run_id)
    if row.search_id is not None:
        raise TrainingError(
            f"run {run_id} is trial {row.trial_number} of search {row.search_id}: "
            f"resume the search (`zoo search --resume {row.search_id}`)"
        )
    if row.state == State.COMPLETED:
        alternative = (
            f", or train its model {row.model_id} further with `zoo finetune`" if row.model_id else ""
        )
        raise TrainingError(f"run {run_id} is completed: start a new one{alternative}")
    if row.state == State.FAILED:
        raise TrainingError(f"run {run_id} failed (`zoo show {run_id}` shows why): start a new one")
    if row.state == State.RUNNING and owners.at_work_elsewhere(row.owner):
        raise TrainingError(
            f"run {run_id} is running in process {owners.shown(row.owner)}: wait until it ends, or stop it first"
        )
    return row


def reopen(session: Session, run_id: str, completed: Sequence[Epoch]) -> RunRow:
    """Mark a training as running in this process. Its completed epochs replace the recorded ones.

    Raises:
        TrainingError: as in `resumable`.
    """
    row = resumable(session, run_id)
    begin(session, row, to_run(session, row).plan)
    session.execute(delete(EpochRow).where(EpochRow.run_id == run_id))
    session.flush()
    for epoch in completed:
        record_epoch(session, run_id, epoch)
    return row


def running(session: Session, run_id: str) -> RunRow:
    """The row of a run that has not ended.

    Raises:
        NotFoundError: no such run exists.
        RegistryError: it has ended already.
    """
    row = ids.get(session, RunRow, run_id)
    if row.state != State.RUNNING:
        raise RegistryError(f"run {run_id} has ended already ({row.state}): start another one")
    return row


def record_epoch(session: Session, run_id: str, epoch: Epoch) -> None:
    """Record an epoch; it replaces the run's older one of the same number."""
    running(session, run_id)
    values = {name: float(value) for name, value in epoch.metrics.items()}
    session.merge(EpochRow(run_id=run_id, number=epoch.number, metrics=values, seconds=epoch.seconds))


def epochs(session: Session, run_id: str) -> list[Epoch]:
    """A run's epochs in order."""
    ids.get(session, RunRow, run_id)
    rows = session.scalars(select(EpochRow).where(EpochRow.run_id == run_id).order_by(EpochRow.number))
    return [Epoch(row.number, row.metrics, row.seconds) for row in rows]


def complete(session: Session, run_id: str, scores: Mapping[str, float] | None) -> RunRow:
    """End a run as completed. Its model, if it is stored, is recorded by `models.add`."""
    row = running(session, run_id)
    numbers = {name: metrics.to_column(value) for name, value in (scores or {}).items()}
    if scores is not None:
        row.scores = {name: value for name, value in numbers.items() if value is not None}
    if row.search is not None:
        row.score = numbers.get(SearchOptions.from_json(row.search.options or {}).objectives[0].name)
    _finish(row, State.COMPLETED, None)
    return row


def end(session: Session, run_id: str, state: State, error: str | None) -> RunRow:
    """End a run that did not complete."""
    if state not in ENDS:
        raise ValueError(f"a run without a model ends as one of {', '.join(ENDS)}, not {state}")
    row = running(session, run_id)
    _finish(row, state, error)
    return row


def record_death(session: Session, row: RunRow) -> None:
    """End a trial whose process died: as interrupted, or as failed after `MOST_DEATHS` deaths at the same epoch."""
    completed = session.scalar(select(func.count()).where(EpochRow.run_id == row.id))
    earlier = cast("list[int]", (row.trial or {}).get("deaths", []))
    deaths = [*(epochs for epochs in earlier if epochs == completed), completed]
    row.trial = {**(row.trial or {}), "deaths": deaths}
    if len(deaths) < MOST_DEATHS:
        _finish(row, State.INTERRUPTED, None)
    else:
        _finish(
            row,
            State.FAILED,
            f"its process died {len(deaths)} times after epoch {completed} without an error",
        )


def listed(
    session: Session,
    *,
    dataset: str | None,
    search_id: str | None,
    kind: RunKind | None,
    state: State | None,
    limit: int | None,
) -> list[Run]:
    """Runs, newest first; those of one search by trial number."""
    query = select(RunRow).join(RunRow.dataset)
    for column, value in ((DatasetRow.name, dataset), (RunRow.search_id, search_id), (RunRow.kind, kind)):
        if value is not None:
            query = query.where(column == value)
    if state is not None:
        # Whether a run recorded as running still runs can be decided only run by run, below.
        query = query.where(or_(RunRow.state == state, RunRow.state == State.RUNNING))
    if search_id is None:
        query = query.order_by(RunRow.started_at.desc(), RunRow.id)
    else:
        query = query.order_by(RunRow.trial_number)
    if state is None:
        query = query.limit(limit)
    candidates = to_runs(session, session.scalars(query).all())
    return list(islice((run for run in candidates if state in (None, run.state)), limit))


def to_runs(session: Session, rows: Sequence[RunRow]) -> list[Run]:
    """The rows as dataclasses. A row that says running, but whose process has ended, is returned as interrupted."""
    model_ids = [row.model_id for row in rows if row.model_id is not None]
    measurements = session.execute(
        select(ModelRow.id, ModelRow.parameters, LOSS.value)
        .join(ModelRow.run)
        .outerjoin(LOSS, loss_on(RunRow.dataset_id))
        .where(ModelRow.id.in_(model_ids))
    )
    models = {model_id: (parameters, loss) for model_id, parameters, loss in measurements}
    return [_to_run(row, *models.get(row.model_id or "", (None, None))) for row in rows]


def to_run(session: Session, row: RunRow) -> Run:
    """The row as a dataclass; see `to_runs`."""
    return to_runs(session, [row])[0]


def _to_run(row: RunRow, parameters: int | None, val_loss: float | None) -> Run:
    orphaned = row.state == State.RUNNING and not _has_process(row)
    with damage_named("run", row.id):
        trial = _to_trial(row)
        plan = RunPlan(
            kind=RunKind(row.kind),
            candidate=_to_candidate(row),
            hyperparameters=row.hyperparameters,
            training=TrainingOptions.from_json(row.training),
            environment=row.environment,
            preset=row.preset,
            data_check=row.data_check,
        )
    return Run(
        id=row.id,
        plan=plan,
        state=State.INTERRUPTED if orphaned else State(row.state),
        dataset=row.dataset.name,
        dataset_version=row.dataset.version,
        started_at=row.started_at,
        finished_at=row.finished_at,
        search_id=row.search_id,
        trial=trial,
        score=row.score,
        scores=row.scores or {},
        model_id=row.model_id,
        error=owners.ENDED_SILENTLY if orphaned else row.error,
        owner=owners.shown(row.owner),
        val_loss=val_loss,
        parameters=parameters,
    )


def _write_candidate(row: RunRow, candidate: CandidatePlan) -> None:
    """Write the candidate into columns, so that runs can be queried by them; `_to_candidate` reads it."""
    row.architecture = candidate.architecture
    row.architecture_version = candidate.version
    row.plugin = candidate.plugin
    row.image_size = candidate.image_size
    row.channels = candidate.channels
    row.weights = None if candidate.weights is None else candidate.weights.to_json()
    row.parent_id = candidate.parent_id
    row.keeps_head = candidate.keeps_head


def _to_candidate(row: RunRow) -> CandidatePlan:
    return CandidatePlan(
        architecture=row.architecture,
        version=row.architecture_version,
        plugin=row.plugin,
        image_size=row.image_size,
        channels=row.channels,
        weights=None if row.weights is None else Weights.from_json(row.weights),
        parent_id=row.parent_id,
        keeps_head=row.keeps_head,
    )


def write_trial(row: RunRow, trial: Trial) -> None:
    """Write the trial that the search's algorithm proposed; `_to_trial` reads it."""
    row.trial_id = trial.trial_id
    row.trial_number = trial.number
    row.trial = {
        "hyperparameters": dict(trial.hyperparameters),
        "epochs": trial.epochs,
        "initial_epoch": trial.initial_epoch,
        "continues": trial.continues,
        "origin": trial.origin,
        "after": trial.after,
        "deaths": (row.trial or {}).get("deaths", []),
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
        origin=cast("str | None", row.trial.get("origin")),
        # Before schema 0002, trials ran one at a time.
        after=cast("int", row.trial.get("after", row.trial_number - 1)),
    )


def _has_process(row: RunRow) -> bool:
    """Whether the process of a run may still be alive; that of a trial is the process of its search."""
    if row.search is None:
        return owners.alive(row.owner)
    return row.search.state == State.RUNNING and owners.alive(row.search.owner)


def _finish(row: RunRow, state: State, error: str | None) -> None:
    row.state = state
    row.error = error
    row.finished_at = datetime.now(UTC)
