"""Searches and their trials: starting, ending, and resuming after a kill."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from zoo.errors import SearchError
from zoo.interfaces import CandidatePlan, Search, SearchOptions, SearchPlan, State, TrainingOptions
from zoo.interfaces.ranking import rank
from zoo.interfaces.records import ENDED
from zoo.registry import ids, owners, runs
from zoo.registry.damage import damage_named
from zoo.registry.metrics import LOSS, loss_on
from zoo.registry.schema import DatasetRow, EpochRow, ModelRow, RunRow, SearchRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import DatasetVersion, Epoch, Objective, RunPlan, Trial
    from zoo.interfaces.ranking import Rank


def start(session: Session, plan: SearchPlan, dataset: DatasetVersion) -> SearchRow:
    """Record a new search, running in this process."""
    row = SearchRow(
        id=ids.new_id(session),
        dataset_id=dataset.id,
        candidates=[candidate.to_json() for candidate in plan.candidates],
        options=plan.options.to_json(),
        training=plan.training.to_json(),
        fixed=dict(plan.fixed),
        space=dict(plan.space),
        first=[(dict(values), origin) for values, origin in plan.first],
        data_check=dict(plan.data_check),
        environment=dict(plan.environment),
        state=State.RUNNING,
        owner=owners.this_process(),
        started_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row


def end(session: Session, search_id: str, state: State, error: str | None) -> SearchRow:
    """End a search; unless it completed, it can be reopened."""
    if state == State.RUNNING:
        raise ValueError("a search cannot end as running")
    row = _running(session, search_id)
    row.state = state
    row.error = error
    row.finished_at = datetime.now(UTC)
    return row


def reopen(session: Session, search_id: str, plan: SearchPlan | None) -> SearchRow:
    """Resume a search in this process. Trials that its last process left running become interrupted, or failed if
    several processes died with them, since the search could never get past them.

    Args:
        plan: the extended plan; with a plan, a completed search resumes too.

    Raises:
        SearchError: it is completed, or another process on this machine runs it.
    """
    row = ids.get(session, SearchRow, search_id)
    if row.state == State.COMPLETED and plan is None:
        raise SearchError(f"search {search_id} is completed: extend it, or start a new one")
    if row.state == State.RUNNING and owners.at_work_elsewhere(row.owner):
        raise SearchError(
            f"search {search_id} is running in process {owners.shown(row.owner)}: wait until it ends, or stop it first"
        )
    unfinished = select(RunRow).where(RunRow.search_id == search_id, RunRow.state == State.RUNNING)
    for trial in session.scalars(unfinished).all():
        runs.record_death(session, trial)
    if plan is not None:
        row.options = plan.options.to_json()
    row.state = State.RUNNING
    row.owner = owners.this_process()
    row.finished_at = row.error = None
    return row


def last_ended_trial(session: Session, search_id: str) -> str | None:
    """The run of the trial that ended last; a kill at that moment leaves its checkpoint behind."""
    ended = select(RunRow.id).where(RunRow.search_id == search_id, RunRow.state.in_(ENDED))
    return session.scalar(ended.order_by(RunRow.finished_at.desc()).limit(1))


def start_trial(
    session: Session, search_id: str, trial: Trial, plan: RunPlan, epochs: Sequence[Epoch]
) -> RunRow:
    """Record a run for this trial, or restart the run that was left unfinished.

    Args:
        epochs: replace the recorded epochs of a restarted run.

    Raises:
        SearchError: the search is not running, or the trial is completed.
    """
    search = _running(session, search_id)
    same_trial = select(RunRow).where(RunRow.search_id == search_id, RunRow.trial_id == trial.trial_id)
    row = session.scalar(same_trial)
    if row is None:
        row = RunRow(id=ids.new_id(session), dataset=search.dataset, search=search)
        session.add(row)
    elif row.state == State.COMPLETED:
        raise SearchError(
            f"trial {trial.trial_id} of search {search_id} is completed already, as run {row.id}"
        )
    else:
        session.execute(delete(EpochRow).where(EpochRow.run_id == row.id))
    with session.no_autoflush:
        runs.begin(session, row, plan)
    runs.write_trial(row, trial)
    session.flush()
    for epoch in epochs:
        runs.record_epoch(session, row.id, epoch)
    return row


def listed(session: Session, *, dataset: str | None) -> list[Search]:
    """Searches, newest first, except unreadable ones."""
    query = select(SearchRow).join(SearchRow.dataset).order_by(SearchRow.started_at.desc(), SearchRow.id)
    if dataset is not None:
        query = query.where(DatasetRow.name == dataset)
    return to_searches(session, session.scalars(query.where(SearchRow.unread.is_(None))).all())


def unreadable(session: Session) -> list[str]:
    """A line for each search of an older schema that could not be migrated, oldest first."""
    query = (
        select(SearchRow).where(SearchRow.unread.is_not(None)).order_by(SearchRow.started_at, SearchRow.id)
    )
    return [_unreadable(row) for row in session.scalars(query)]


def to_searches(session: Session, rows: Sequence[SearchRow]) -> list[Search]:
    """The rows as dataclasses. A row that says running, but whose process has ended, is returned as interrupted.

    Raises:
        SearchError: a row is unreadable.
    """
    for row in rows:
        if row.unread is not None:
            raise SearchError(_unreadable(row))
    best = _best_models(session, {row.id: _options(row).objectives[0] for row in rows})
    return [_to_search(row, best.get(row.id)) for row in rows]


def _to_search(row: SearchRow, best_model_id: str | None) -> Search:
    orphaned = row.state == State.RUNNING and not owners.alive(row.owner)
    options = _options(row)
    with damage_named("search", row.id):
        plan = SearchPlan(
            candidates=tuple(CandidatePlan.from_json(candidate) for candidate in row.candidates or ()),
            options=options,
            training=TrainingOptions.from_json(row.training or {}),
            fixed=row.fixed,
            space=row.space,
            environment=row.environment,
            first=tuple((values, origin) for values, origin in row.first or ()),
            data_check=row.data_check or {},
        )
    return Search(
        id=row.id,
        plan=plan,
        state=State.INTERRUPTED if orphaned else State(row.state),
        dataset=row.dataset.name,
        dataset_version=row.dataset.version,
        dataset_source=row.dataset.source,
        owner=owners.shown(row.owner),
        started_at=row.started_at,
        finished_at=row.finished_at,
        best_model_id=best_model_id,
        error=owners.ENDED_SILENTLY if orphaned else row.error,
    )


def _options(row: SearchRow) -> SearchOptions:
    with damage_named("search", row.id):
        return SearchOptions.from_json(row.options or {})


def _best_models(session: Session, objectives: Mapping[str, Objective]) -> dict[str, str]:
    """Search id -> the model of its best completed trial that has one, ranked by `zoo.interfaces.ranking`.

    Args:
        objectives: search id -> its first objective.
    """
    trials = session.execute(
        select(SearchRow.id, RunRow.score, LOSS.value, ModelRow.parameters, RunRow.trial_number, ModelRow.id)
        .select_from(RunRow)
        .join(RunRow.search)
        .join(RunRow.model)
        .outerjoin(LOSS, loss_on(RunRow.dataset_id))
        .where(SearchRow.id.in_(objectives), RunRow.score.is_not(None))
    )
    best: dict[str, tuple[Rank, str]] = {}
    for search_id, score, loss, parameters, number, model_id in trials:
        place = rank(objectives[search_id], score or 0.0, loss, parameters, number or 0)
        best[search_id] = min(best.get(search_id, (place, model_id)), (place, model_id))
    return {search_id: model_id for search_id, (_, model_id) in best.items()}


def _unreadable(row: SearchRow) -> str:
    reason = (row.unread or {}).get("reason")
    return (
        f"search {row.id} was stored by an older zoo and cannot be read: {reason}; start a new search "
        "(its trials stay in `zoo runs`)"
    )


def _running(session: Session, search_id: str) -> SearchRow:
    row = ids.get(session, SearchRow, search_id)
    if row.state != State.RUNNING:
        raise SearchError(f"search {search_id} is not running ({row.state}): resume it, or start a new one")
    return row
