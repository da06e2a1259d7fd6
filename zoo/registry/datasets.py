"""Dataset versions: recording what was seen, and finding it by name or by folder."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.errors import UnknownNameError
from zoo.interfaces import DatasetVersion
from zoo.registry.schema import DatasetRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


def record(
    session: Session,
    *,
    name: str,
    source: str,
    fingerprint: str,
    class_names: tuple[str, ...],
    counts: Mapping[str, Mapping[str, int]],
) -> DatasetVersion:
    """The version of a dataset that has this content, recorded now if it is new.

    Another content of the same source is the next version. Another source of the same name gets the next free
    name out of name-2, name-3, ….
    """
    versions = _versions_of(session, name, source)
    known = next((row for row in versions if row.fingerprint == fingerprint), None)
    if known is not None:
        return to_dataset(known)
    row = DatasetRow(
        name=versions[-1].name if versions else _free_name(session, name),
        version=versions[-1].version + 1 if versions else 1,
        fingerprint=fingerprint,
        source=source,
        class_names=list(class_names),
        counts={split: dict(images) for split, images in counts.items()},
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return to_dataset(row)


def every(session: Session) -> list[DatasetVersion]:
    """All versions of all datasets, by name and version."""
    rows = session.scalars(select(DatasetRow).order_by(DatasetRow.name, DatasetRow.version))
    return [to_dataset(row) for row in rows]


def find(session: Session, ref: str) -> DatasetVersion:
    """The newest version of a dataset, given by its name or by the folder that it comes from.

    Raises:
        UnknownNameError: no dataset of this name or folder was recorded.
    """
    folder = Path(ref).expanduser()
    for condition in (
        DatasetRow.name == ref,
        DatasetRow.source.in_({str(folder.absolute()), str(folder.resolve())}),
    ):
        newest = select(DatasetRow).where(condition).order_by(DatasetRow.id.desc()).limit(1)
        row = session.scalar(newest)
        if row is not None:
            return to_dataset(row)
    names = set(session.scalars(select(DatasetRow.name)))
    hint = "(a dataset is recorded when something is first trained on it: `zoo search ARCH DATASET`)"
    raise UnknownNameError("dataset", ref, names, hint)


def to_dataset(row: DatasetRow) -> DatasetVersion:
    """The row as a dataclass."""
    return DatasetVersion(
        id=row.id,
        name=row.name,
        version=row.version,
        fingerprint=row.fingerprint,
        source=row.source,
        class_names=tuple(row.class_names),
        counts=row.counts,
        created_at=row.created_at,
    )


def _versions_of(session: Session, name: str, source: str) -> list[DatasetRow]:
    """Versions, oldest first, of what was recorded from this source as `name` or, if taken, `name-2`."""
    rows = session.scalars(select(DatasetRow).where(DatasetRow.source == source).order_by(DatasetRow.version))
    same_name = re.compile(re.escape(name) + r"(-\d+)?")
    return [row for row in rows if same_name.fullmatch(row.name)]


def _free_name(session: Session, name: str) -> str:
    taken = set(session.scalars(select(DatasetRow.name)))
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
