"""Dataset versions: recording what was seen, and finding it by name or by path."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.errors import NotFoundError, RegistryError, UnknownNameError
from zoo.interfaces import DatasetContent, DatasetVersion
from zoo.registry.schema import DatasetRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def record(session: Session, content: DatasetContent, taken: Collection[str] = ()) -> DatasetVersion:
    """The version of a dataset that has this content, recorded now if it is new.

    Another content of a source is the next version of the dataset that comes from there. Another content from another
    source of the same name gets the next free name out of name-2, name-3, …; the same content, such as that of a
    folder that was moved or that a colleague has elsewhere, is the same version.

    Args:
        taken: names that mean something else already.
    """
    newest = newest_versions(session)
    from_here = [row for row in newest.values() if row.source == content.source]
    of_name = [row for row in from_here if row.name == content.name]
    known = max(of_name or from_here, key=lambda row: row.id, default=None)
    if known is not None:
        name = known.name
    elif content.name not in taken and content.fingerprint in _fingerprints(session, content.name):
        name = content.name
    else:
        name = _free_name(content.name, {*newest, *taken})
    return to_dataset(_version(session, name, content))


def add(session: Session, content: DatasetContent, *, replace: bool) -> DatasetVersion:
    """As `record`, under exactly this name, which then also means the source.

    A dataset whose folder was moved is added again: the same content keeps its version.

    Args:
        replace: another content from another source may be the next version of the name.

    Raises:
        RegistryError: the name is that of another source, and its content is another one.
    """
    newest = newest_versions(session).get(content.name)
    if newest is not None and newest.source != content.source:
        if newest.fingerprint == content.fingerprint:
            newest.source = content.source
        elif not replace:
            raise RegistryError(
                f"the name '{content.name}' is that of the dataset at {newest.source}: choose another name, or "
                "make this its next version with --replace"
            )
    row = _version(session, content.name, content)
    if row.source != content.source:
        raise RegistryError(
            f"this is the content of version {row.version} of '{row.name}', from {row.source}: choose another name"
        )
    return to_dataset(row)


def every(session: Session) -> list[DatasetVersion]:
    """All versions of all datasets, by name and version."""
    rows = session.scalars(select(DatasetRow).order_by(DatasetRow.name, DatasetRow.version))
    return [to_dataset(row) for row in rows]


def versions(session: Session, name: str) -> list[DatasetVersion]:
    """All versions of the dataset of this name, oldest first."""
    rows = session.scalars(select(DatasetRow).where(DatasetRow.name == name).order_by(DatasetRow.version))
    return [to_dataset(row) for row in rows]


def newest_versions(session: Session) -> dict[str, DatasetRow]:
    """Name -> the newest version."""
    return {row.name: row for row in session.scalars(select(DatasetRow).order_by(DatasetRow.id))}


def find(session: Session, ref: str, version: int | None = None) -> DatasetVersion:
    """A dataset, given by its name or by the path that it comes from: a version of it, or else the newest.

    Raises:
        UnknownNameError: no dataset of this name or path was recorded.
        NotFoundError: it has no such version.
    """
    path = Path(ref).expanduser()
    for condition in (
        DatasetRow.name == ref,
        DatasetRow.source.in_({ref, str(path.absolute()), str(path.resolve())}),
    ):
        newest = select(DatasetRow).where(condition).order_by(DatasetRow.id.desc()).limit(1)
        row = session.scalar(newest)
        if row is not None:
            return to_dataset(row) if version is None else _one_version(session, row.name, version)
    names = set(session.scalars(select(DatasetRow.name)))
    hint = "(a dataset is recorded when it is first trained on, or by `zoo data add NAME PATH`)"
    raise UnknownNameError("dataset", ref, names, hint)


def _one_version(session: Session, name: str, version: int) -> DatasetVersion:
    found = {each.version: each for each in versions(session, name)}
    if version not in found:
        raise NotFoundError(
            f"dataset '{name}' has no version {version}: there is {', '.join(str(number) for number in found)}"
        )
    return found[version]


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


def _version(session: Session, name: str, content: DatasetContent) -> DatasetRow:
    """The row of this name with this content, or a new one."""
    rows = list(
        session.scalars(select(DatasetRow).where(DatasetRow.name == name).order_by(DatasetRow.version))
    )
    known = next((row for row in rows if row.fingerprint == content.fingerprint), None)
    if known is not None:
        return known
    row = DatasetRow(
        name=name,
        version=rows[-1].version + 1 if rows else 1,
        fingerprint=content.fingerprint,
        source=content.source,
        class_names=list(content.class_names),
        counts={split: dict(images) for split, images in content.counts.items()},
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row


def _fingerprints(session: Session, name: str) -> set[str]:
    return set(session.scalars(select(DatasetRow.fingerprint).where(DatasetRow.name == name)))


def _free_name(name: str, taken: Collection[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
