"""Models, their aliases and their children."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from zoo.errors import RegistryError
from zoo.interfaces import TEST_IN_TRAIN, Model
from zoo.interfaces.metrics import PREFIXES
from zoo.registry import dropping, ids, metrics
from zoo.registry.schema import AliasRow, DatasetRow, ModelRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import Evaluation, ModelContent
    from zoo.registry.manifest import StoredContent

BEST = "best"
"""`DATASET@best` is the model that `zoo best` chooses, so no alias can have this name."""

_ALIAS = re.compile(r"[a-z0-9][a-z0-9._-]*")


def add(
    session: Session,
    run: RunRow,
    content: ModelContent,
    stored: StoredContent,
    evaluations: Sequence[Evaluation],
) -> ModelRow:
    """Record the model of a completed run, whose artifacts are stored already."""
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
        metrics=[row for evaluation in evaluations for row in metrics.rows_of(evaluation, run.dataset_id)],
    )
    session.add(model)
    run.model, run.made_id = model, model.id
    session.flush()
    dropping.write_rows(session, model.id, stored.digests)
    session.expire_all()
    return model


def listed(
    session: Session, *, dataset: str | None, architecture: str | None, limit: int | None
) -> list[Model]:
    """Models, newest first."""
    query = select(ModelRow).join(ModelRow.run).join(RunRow.dataset)
    if dataset is not None:
        query = query.where(DatasetRow.name == dataset)
    if architecture is not None:
        query = query.where(RunRow.architecture == architecture)
    newest = query.order_by(ModelRow.created_at.desc(), ModelRow.id).limit(limit)
    return to_models(session, session.scalars(newest).all())


def children(session: Session, model_id: str) -> list[Model]:
    """Models fine-tuned from this one, newest first."""
    query = select(ModelRow).join(ModelRow.run).where(RunRow.parent_id == model_id)
    return to_models(session, session.scalars(query.order_by(ModelRow.created_at.desc(), ModelRow.id)).all())


def set_alias(session: Session, model: ModelRow, name: str) -> None:
    """Move an alias, within the model's dataset, to this model. Its history stays recorded.

    Raises:
        RegistryError: the name is reserved or has characters that an alias cannot have.
    """
    if name == BEST:
        raise RegistryError(
            f"the alias '{BEST}' is reserved: DATASET@{BEST} is always the model with the best validation "
            "accuracy; choose another name"
        )
    if not _ALIAS.fullmatch(name):
        raise RegistryError(
            f"'{name}' cannot be an alias: use lower-case letters, digits, '.', '_' and '-', starting with a letter "
            "or digit"
        )
    session.add(AliasRow(name=name, model_id=model.id, created_at=datetime.now(UTC)))


def aliases(session: Session) -> dict[tuple[str, str], str]:
    """(dataset name, alias) -> id of the model that it is set on, without aliases whose model was deleted."""
    newest = _newest_aliases(session).items()
    return {alias: model_id for alias, (model_id, deleted) in newest if not deleted}


def aliases_of_deleted(session: Session) -> dict[tuple[str, str], str]:
    """(dataset name, alias) -> id of the deleted model that it was last set on."""
    newest = _newest_aliases(session).items()
    return {alias: model_id for alias, (model_id, deleted) in newest if deleted}


def _newest_aliases(session: Session) -> dict[tuple[str, str], tuple[str, bool]]:
    """(dataset name, alias) -> id of the model that it was last set on, and whether that model was deleted."""
    history = session.execute(
        select(DatasetRow.name, AliasRow.name, AliasRow.model_id, RunRow.model_id.is_(None))
        .select_from(AliasRow)
        .join(RunRow, RunRow.made_id == AliasRow.model_id)
        .join(RunRow.dataset)
        .order_by(AliasRow.id)
    )
    return {(dataset, name): (model_id, bool(deleted)) for dataset, name, model_id, deleted in history}


def to_models(session: Session, rows: Sequence[ModelRow]) -> list[Model]:
    """The rows as dataclasses."""
    names = names_of_models(session)
    parent_exists = exists().where(ModelRow.id == RunRow.parent_id)
    deleted = set(
        session.scalars(select(RunRow.parent_id).where(RunRow.parent_id.is_not(None), ~parent_exists))
    )
    return [_to_model(row, names.get(row.id, ()), row.run.parent_id in deleted) for row in rows]


def names_of_models(session: Session) -> dict[str, tuple[str, ...]]:
    """Model id -> its aliases, for the models that have any."""
    names: dict[str, list[str]] = {}
    for (_, name), model_id in aliases(session).items():
        names.setdefault(model_id, []).append(name)
    return {model_id: tuple(sorted(aliases)) for model_id, aliases in names.items()}


def _to_model(row: ModelRow, names: tuple[str, ...], parent_deleted: bool) -> Model:
    run = row.run
    return Model(
        id=row.id,
        run_id=run.id,
        architecture=run.architecture,
        dataset=run.dataset.name,
        dataset_version=run.dataset.version,
        class_names=tuple(row.class_names),
        image_size=row.image_size,
        channels=row.channels,
        parameters=row.parameters,
        trainable_parameters=row.trainable_parameters,
        size_bytes=row.size_bytes,
        manifest=row.manifest,
        created_at=row.created_at,
        parent_id=run.parent_id,
        parent_deleted=parent_deleted,
        metrics={
            PREFIXES[metric.split] + metric.name: metrics.from_column(metric.value)
            for metric in sorted(row.metrics, key=lambda metric: (metric.split, metric.name))
            if metric.dataset_id == run.dataset_id
        },
        aliases=names,
        leaked_test_images=run.data_check.get(TEST_IN_TRAIN, 0),
    )
