"""Which model was trained from which: the tree around one of them, in a few queries however large it is."""

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
    """All that the tree is made of.

    Args:
        root_id: the oldest ancestor's id; None: the run that was asked for started from none, and left none.
        rows: the runs that made models of this family, and the one that was asked for; the oldest first.
        runs: the same as dataclasses, by id.
        metrics, names: model id -> what was measured of it, its aliases.
    """

    asked: RunRow
    root_id: str | None
    rows: Sequence[RunRow]
    runs: Mapping[str, Run]
    metrics: Mapping[str, Metrics]
    names: Mapping[str, tuple[str, ...]]


def tree(session: Session, ref: str) -> Lineage:
    """The tree around what the reference names; see `Registry.lineage`."""
    asked = _run_of(session, ref)
    root_id = _oldest(session, asked)
    members = _members(root_id)
    whose = or_(RunRow.made_id.in_(members), RunRow.id == asked.id)
    rows = session.scalars(select(RunRow).where(whose).order_by(RunRow.started_at, RunRow.id)).all()
    measured, names = _measured(session, members), models.names_of_models(session)
    by_id = {run.id: run for run in runs.to_runs(session, rows)}
    return _grown(_Family(asked, root_id, rows, by_id, measured, names))


def _run_of(session: Session, ref: str) -> RunRow:
    """The run that made the model that is meant, or that was to make one."""
    try:
        found = references.anything(session, ref)
    except NotFoundError:
        gone = references.deleted(session, ref)
        if gone is None:
            raise
        return gone
    if isinstance(found, RunRow):
        return found
    if isinstance(found, ModelRow):
        return found.run
    best = searches.to_searches(session, [found])[0].best_model_id
    if best is None:
        raise NotFoundError(f"search {found.id} has no model: see zoo show {found.id}")
    return references.model(session, best).run


def _oldest(session: Session, asked: RunRow) -> str | None:
    """The id of the model that all the others come from."""
    line = select(RunRow.made_id, RunRow.parent_id).where(RunRow.id == asked.id).cte("line", recursive=True)
    older = aliased(RunRow)
    line = line.union(select(older.made_id, older.parent_id).join(line, older.made_id == line.c.parent_id))
    pairs: list[tuple[str | None, str | None]] = [
        (one, other) for one, other in session.execute(select(line))
    ]
    known = {made_id for made_id, _ in pairs if made_id is not None}
    made_id, parent_id = next(pair for pair in pairs if pair[1] not in known)
    return parent_id or made_id


def _members(root_id: str | None) -> Select[str | None]:
    """The ids of a model and of all that come from it."""
    oldest = cast(literal(root_id), String(12)).label("model_id")
    members = select(oldest).cte("members", recursive=True)
    members = members.union(select(RunRow.made_id).join(members, RunRow.parent_id == members.c.model_id))
    return select(members.c.model_id)


def _measured(session: Session, members: Select[str | None]) -> Mapping[str, Metrics]:
    """Model id -> its metrics on the dataset version that it was trained on, as in `zoo.interfaces.Model`."""
    found: dict[str, dict[str, float]] = {}
    numbers = session.execute(
        select(MetricRow.model_id, MetricRow.split, MetricRow.name, MetricRow.value)
        .join(RunRow, RunRow.model_id == MetricRow.model_id)
        .where(MetricRow.dataset_id == RunRow.dataset_id, MetricRow.model_id.in_(members))
        .order_by(MetricRow.split, MetricRow.name)
    )
    for model_id, split, name, value in numbers:
        found.setdefault(model_id, {})[PREFIXES[split] + name] = metrics.loaded(value)
    return found


def _grown(family: _Family) -> Lineage:
    """The tree, from its leaves on; not by recursion, for a line may be longer than Python's stack is deep."""
    by_parent: dict[str | None, list[RunRow]] = {}
    for row in family.rows:
        if row.parent_id is not None:
            by_parent.setdefault(row.parent_id, []).append(row)
    root = next((row for row in family.rows if row.made_id == family.root_id), None)
    order = [*by_parent[family.root_id]] if root is None else [root]
    for row in order:
        order += by_parent.get(row.made_id, ())  # which this loop comes to later
    built: dict[str, Lineage] = {}

    def children(model_id: str | None) -> tuple[Lineage, ...]:
        return tuple(built[row.id] for row in by_parent.get(model_id, ()) if row.id in built)

    for row in reversed(order):
        younger = children(row.made_id)
        if row.model_id is not None or younger or row is family.asked:
            built[row.id] = _node(family, row, younger)
    if root is not None:
        return built[root.id]
    return Lineage(
        model_id=family.root_id, deleted=True, asked=False, run=None, children=children(family.root_id)
    )


def _node(family: _Family, row: RunRow, children: tuple[Lineage, ...]) -> Lineage:
    return Lineage(
        model_id=row.made_id,
        deleted=row.made_id is not None and row.model_id is None,
        asked=row is family.asked,
        run=family.runs[row.id],
        metrics=family.metrics.get(row.made_id or "", {}),
        aliases=family.names.get(row.made_id or "", ()),
        children=children,
    )
