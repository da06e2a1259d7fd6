"""The tree of a model's ancestors and descendants, read with a few queries however large it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, literal, or_, select
from sqlalchemy.orm import aliased

from zoo.errors import NotFoundError
from zoo.interfaces import Lineage
from zoo.interfaces.metrics import PREFIXES
from zoo.registry import metrics, models, references, runs, searches
from zoo.registry.schema import MetricRow, ModelRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from zoo.interfaces import Metrics, Run


@dataclass(frozen=True)
class _Family:
    """The data from which the tree is built.

    Args:
        focus: the run that the reference names, or the run of the model that it names.
        root_id: the oldest ancestor's id; None if the run has neither a parent nor a model.
        rows: the runs that made the models of this family, and `focus`, the oldest first.
        runs: the same runs as dataclasses, by id.
        metrics, names: model id -> its metrics, its aliases.
    """

    focus: RunRow
    root_id: str | None
    rows: Sequence[RunRow]
    runs: Mapping[str, Run]
    metrics: Mapping[str, Metrics]
    names: Mapping[str, tuple[str, ...]]


def tree(session: Session, ref: str) -> Lineage:
    """The tree around the model, run or search that the reference names; see `Registry.lineage`."""
    focus = _run_of(session, ref)
    root_id = _oldest(session, focus)
    members = _members(root_id)
    in_family = or_(RunRow.made_id.in_(members), RunRow.id == focus.id)
    rows = session.scalars(select(RunRow).where(in_family).order_by(RunRow.started_at, RunRow.id)).all()
    by_id = {run.id: run for run in runs.to_runs(session, rows)}
    names = models.names_of_models(session)
    return _build_tree(_Family(focus, root_id, rows, by_id, _metrics_of(session, members), names))


def _run_of(session: Session, ref: str) -> RunRow:
    """The run that a reference names: itself, that of a model, or that of a search's best model."""
    try:
        row = references.anything(session, ref)
    except NotFoundError:
        run = references.deleted(session, ref)
        if run is None:
            raise
        return run
    if isinstance(row, RunRow):
        return row
    if isinstance(row, ModelRow):
        return row.run
    best = searches.to_searches(session, [row])[0].best_model_id
    if best is None:
        raise NotFoundError(f"search {row.id} has no model: see zoo show {row.id}")
    return references.model(session, best).run


def _oldest(session: Session, run: RunRow) -> str | None:
    """The id of the run's oldest ancestor."""
    line = select(RunRow.made_id, RunRow.parent_id).where(RunRow.id == run.id).cte("line", recursive=True)
    older = aliased(RunRow)
    line = line.union(select(older.made_id, older.parent_id).join(line, older.made_id == line.c.parent_id))
    pairs: list[tuple[str | None, str | None]] = [
        (made_id, parent_id) for made_id, parent_id in session.execute(select(line))
    ]
    model_ids = {made_id for made_id, _ in pairs if made_id is not None}
    made_id, parent_id = next(pair for pair in pairs if pair[1] not in model_ids)
    return parent_id or made_id


def _members(root_id: str | None) -> Select[str | None]:
    """The ids of a model and of all of its descendants."""
    oldest = cast(literal(root_id), String(12)).label("model_id")
    members = select(oldest).cte("members", recursive=True)
    members = members.union(select(RunRow.made_id).join(members, RunRow.parent_id == members.c.model_id))
    return select(members.c.model_id)


def _metrics_of(session: Session, members: Select[str | None]) -> Mapping[str, Metrics]:
    """Model id -> its metrics on the dataset version that it was trained on, as in `zoo.interfaces.Model`."""
    by_model: dict[str, dict[str, float]] = {}
    rows = session.execute(
        select(MetricRow.model_id, MetricRow.split, MetricRow.name, MetricRow.value)
        .join(RunRow, RunRow.model_id == MetricRow.model_id)
        .where(MetricRow.dataset_id == RunRow.dataset_id, MetricRow.model_id.in_(members))
        .order_by(MetricRow.split, MetricRow.name)
    )
    for model_id, split, name, value in rows:
        by_model.setdefault(model_id, {})[PREFIXES[split] + name] = metrics.from_column(value)
    return by_model


def _build_tree(family: _Family) -> Lineage:
    """Build the tree from its leaves; without recursion, since a line may be longer than Python's stack allows."""
    by_parent: dict[str | None, list[RunRow]] = {}
    for row in family.rows:
        if row.parent_id is not None:
            by_parent.setdefault(row.parent_id, []).append(row)
    root = next((row for row in family.rows if row.made_id == family.root_id), None)
    order = [*by_parent[family.root_id]] if root is None else [root]
    for row in order:
        order += by_parent.get(row.made_id, ())  # this loop visits them later
    built: dict[str, Lineage] = {}

    def children(model_id: str | None) -> tuple[Lineage, ...]:
        return tuple(built[row.id] for row in by_parent.get(model_id, ()) if row.id in built)

    for row in reversed(order):
        descendants = children(row.made_id)
        if row.model_id is not None or descendants or row is family.focus:
            built[row.id] = _node(family, row, descendants)
    if root is not None:
        return built[root.id]
    return Lineage(
        model_id=family.root_id, deleted=True, asked=False, run=None, children=children(family.root_id)
    )


def _node(family: _Family, row: RunRow, children: tuple[Lineage, ...]) -> Lineage:
    return Lineage(
        model_id=row.made_id,
        deleted=row.made_id is not None and row.model_id is None,
        asked=row is family.focus,
        run=family.runs[row.id],
        metrics=family.metrics.get(row.made_id or "", {}),
        aliases=family.names.get(row.made_id or "", ()),
        children=children,
    )
