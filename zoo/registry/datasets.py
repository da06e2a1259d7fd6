"""Dataset versions: recorded when first used, and found by name or by path."""

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
    """Return the version of a dataset that has this content, and record it if it is new.

    Changed content of a known source becomes the next version of the dataset from that source. New content from a new
    source gets the next free name of name-2, name-3, … if its name is in use. The same content, such as that of a
    folder that was moved or of a colleague's copy, is the same version.

    Args:
        taken: names that already mean something else.
    """
    newest = newest_versions(session)
    same_source = [row for row in newest.values() if row.source == content.source]
    same_name = [row for row in same_source if row.name == content.name]
    recorded = max(same_name or same_source, key=lambda row: row.id, default=None)
    if recorded is not None:
        name = recorded.name
    elif content.name not in taken and content.fingerprint in _fingerprints(session, content.name):
        name = content.name
    else:
        name = _free_name(content.name, {*newest, *taken})
    return to_dataset(_version(session, name, content))


def add(session: Session, content: DatasetContent, *, replace: bool) -> DatasetVersion:
    """Record a dataset under exactly this name, which from then on refers to this source.

    A dataset whose folder was moved can be added again: the same content keeps its version.

    Args:
        replace: let new content from another source become the next version of the name.

    Raises:
        RegistryError: the name belongs to another source with other content, and `replace` is false.
    """
    newest = newest_versions(session).get(content.name)
    if newest is not None and newest.source != content.source:
        if newest.fingerprint == content.fingerprint:
            newest.source = content.source
        elif not replace:
            raise RegistryError(
                f"the name '{content.name}' belongs to the dataset at {newest.source}: choose another name, or "
                "make this its next version with --replace"
            )
    row = _version(session, content.name, content)
    if row.source != content.source:
        raise RegistryError(
            f"this has the same content as version {row.version} of '{row.name}', from {row.source}: choose another "
            "name"
        )
    return to_dataset(row)


def all_versions(session: Session) -> list[DatasetVersion]:
    """All versions of all datasets, by name and version."""
    rows = session.scalars(select(DatasetRow).order_by(DatasetRow.name, DatasetRow.version))
    return [to_dataset(row) for row in rows]


def versions(session: Session, name: str) -> list[DatasetVersion]:
    """All versions of the dataset with this name, oldest first."""
    rows = session.scalars(select(DatasetRow).where(DatasetRow.name == name).order_by(DatasetRow.version))
    return [to_dataset(row) for row in rows]


def newest_versions(session: Session) -> dict[str, DatasetRow]:
    """Name -> the newest version."""
    return {row.name: row for row in session.scalars(select(DatasetRow).order_by(DatasetRow.id))}


def find(session: Session, ref: str, version: int | None = None) -> DatasetVersion:
    """A version of the dataset with this name or source path, by default the newest.

    Raises:
        UnknownNameError: no dataset of this name or path is recorded.
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
    by_number = {dataset.version: dataset for dataset in versions(session, name)}
    if version not in by_number:
        raise NotFoundError(
            f"dataset '{name}' has no version {version}; available: {', '.join(map(str, by_number))}"
        )
    return by_number[version]


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
    """The row of this name with this content, added if it is new."""
    rows = list(
        session.scalars(select(DatasetRow).where(DatasetRow.name == name).order_by(DatasetRow.version))
    )
    recorded = next((row for row in rows if row.fingerprint == content.fingerprint), None)
    if recorded is not None:
        return recorded
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
