"""Ids of runs, searches and models, and rows looked up by an id or a prefix of one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select, union_all

from zoo.errors import NotFoundError
from zoo.registry.schema import ModelRow, RunRow, SearchRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

Row = TypeVar("Row", ModelRow, RunRow, SearchRow)

KINDS = {ModelRow: "model", RunRow: "run", SearchRow: "search"}
LISTED_BY = {ModelRow: "`zoo models`", RunRow: "`zoo runs`", SearchRow: "`zoo searches`"}
# The id of a deleted model is never reused: a model that was fine-tuned from it still names it.
_IDS = (ModelRow.id, RunRow.id, SearchRow.id, RunRow.made_id)
_SHOWN = 5


def new_id(session: Session) -> str:
    """Return twelve hexadecimal digits that have never been the id of a run, search or model."""
    while True:
        candidate = secrets.token_hex(6)
        taken = union_all(*(select(column).where(column == candidate) for column in _IDS))
        if session.scalar(taken) is None:
            return candidate


def get(session: Session, table: type[Row], identity: str) -> Row:
    """The row with exactly this id.

    Raises:
        NotFoundError: it does not exist.
    """
    row = session.get(table, identity)
    if row is None:
        raise NotFoundError(f"no {KINDS[table]} has the id '{identity}': {LISTED_BY[table]} lists them")
    return row


def starting_with(session: Session, table: type[Row], start: str) -> Sequence[Row]:
    """Rows whose id starts with `start`, up to six of them; none for an empty start."""
    if not start:
        return []
    matches = table.id.startswith(start.lower(), autoescape=True)
    return session.scalars(select(table).where(matches).order_by(table.id).limit(_SHOWN + 1)).all()


def ambiguous(start: str, rows: Sequence[ModelRow | RunRow | SearchRow]) -> NotFoundError:
    """The error for a prefix that several ids share."""
    shown = ", ".join(f"{KINDS[type(row)]} {row.id}" for row in rows[:_SHOWN])
    more = " …" if len(rows) > _SHOWN else ""
    return NotFoundError(f"'{start}' is the start of several ids: {shown}{more}; give more characters")
