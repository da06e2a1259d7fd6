"""Deletes models that are not in use, and those of their blobs that no other model needs.

Models share blobs, and another process may be storing a model at the same time: it has found a blob in the store, but
has not yet written its rows. So a blob is deleted only in a writing transaction, which excludes other writers, and only
if it has no row at that time; and whoever writes a model's rows checks, in the same transaction, that its blobs still
exist. Rows are deleted first: a kill in between leaves unreferenced blobs, never a row without its blobs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import aliased

from zoo.errors import ArtifactError
from zoo.registry import manifest
from zoo.registry.schema import AliasRow, MetricRow, ModelRow, RunRow, TensorRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import ModelContent
    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.database import Database
    from zoo.registry.manifest import StoredContent

# A remote store deletes so many blobs within seconds, and no other process should have to wait longer.
_BLOBS_AT_ONCE = 50


def drop(database: Database, store: ArtifactStore, model_ids: Collection[str]) -> None:
    """Delete models that are not in use, then their blobs; see `Registry.drop_models`."""
    list_old_models(database, store)
    with database.writing() as session:
        if _without_rows(session):
            return
        unneeded = delete_rows(session, _droppable(session, model_ids))
    delete_blobs(database, store, unneeded)


def write_rows(session: Session, model_id: str, digests: Iterable[str]) -> None:
    """Record which blobs a model needs."""
    rows = [{"model_id": model_id, "digest": digest} for digest in sorted(digests)]
    session.execute(insert(TensorRow), rows)


def restore_vanished(
    session: Session, store: ArtifactStore, content: ModelContent, stored: StoredContent
) -> None:
    """Store blobs again that were deleted since `stored` was stored. The session must be a writing one."""
    needed_by_others = set(
        session.scalars(select(TensorRow.digest).where(TensorRow.digest.in_(stored.digests)).distinct())
    )
    if not all(store.has(digest) for digest in stored.digests - needed_by_others):
        manifest.save_content(store, content)


def list_old_models(database: Database, store: ArtifactStore) -> None:
    """Record the blobs of models that were stored before zoo recorded them, unless their manifests are unreadable."""
    with database.reading() as session:
        old = _without_rows(session)
    if not old:
        return
    needed = {}
    for model_id, digest in old.items():
        with suppress(ArtifactError):
            needed[model_id] = manifest.needed_digests(store, digest)
    with database.writing() as session:
        for model_id in _without_rows(session).keys() & needed.keys():
            write_rows(session, model_id, needed[model_id])


def _without_rows(session: Session) -> dict[str, str]:
    """Model id -> manifest of the models whose blobs are not recorded."""
    recorded = exists().where(TensorRow.model_id == ModelRow.id)
    rows = session.execute(select(ModelRow.id, ModelRow.manifest).where(~recorded))
    return {row.id: row.manifest for row in rows}


def _droppable(session: Session, model_ids: Collection[str]) -> Sequence[str]:
    """The models that have and had no alias, and from which no run started."""
    return session.scalars(
        select(ModelRow.id).where(
            ModelRow.id.in_(model_ids),
            ~exists().where(AliasRow.model_id == ModelRow.id),
            ~exists().where(RunRow.parent_id == ModelRow.id),
        )
    ).all()


def delete_rows(session: Session, model_ids: Collection[str]) -> Sequence[str]:
    """Delete the rows of these models, but not rows that only name them.

    Returns:
        the digests that no other model needs.
    """
    other = aliased(TensorRow)
    needed = exists().where(other.digest == TensorRow.digest, other.model_id.not_in(model_ids))
    theirs = select(TensorRow.digest).where(TensorRow.model_id.in_(model_ids))
    unneeded = session.scalars(theirs.where(~needed).distinct().order_by(TensorRow.digest)).all()
    session.execute(update(RunRow).where(RunRow.model_id.in_(model_ids)).values(model_id=None))
    for table in (MetricRow, TensorRow):
        session.execute(delete(table).where(table.model_id.in_(model_ids)))
    session.execute(delete(ModelRow).where(ModelRow.id.in_(model_ids)))
    return unneeded


def delete_blobs(database: Database, store: ArtifactStore, digests: Sequence[str]) -> None:
    """Delete the blobs that no model needs. While the blobs of any model are unknown, none is deleted.

    Raises:
        ArtifactError: the store refuses to delete.
    """
    for start in range(0, len(digests), _BLOBS_AT_ONCE):
        _delete_blobs(database, store, digests[start : start + _BLOBS_AT_ONCE])


def _delete_blobs(database: Database, store: ArtifactStore, digests: Sequence[str]) -> None:
    with database.writing() as session:
        if _without_rows(session):
            return
        needed = session.scalars(select(TensorRow.digest).where(TensorRow.digest.in_(digests)))
        for digest in sorted(set(digests) - set(needed)):
            store.delete(digest)
