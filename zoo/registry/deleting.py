"""Deletes models on request, even if other models were fine-tuned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.errors import ArtifactError, RegistryError
from zoo.interfaces import State
from zoo.interfaces.algorithms import ALGORITHMS, continues_trials
from zoo.registry import dropping, ids, models
from zoo.registry.schema import ModelRow, RunRow, SearchRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.database import Database


def delete(database: Database, store: ArtifactStore, model_ids: Collection[str], *, force: bool) -> None:
    """Delete the rows of all these models in one transaction, then their blobs; see `Registry.delete_models`."""
    dropping.list_old_models(database, store)
    with database.writing() as session:
        for model_id in model_ids:
            ids.get(session, ModelRow, model_id)
        if not force:
            _refuse_aliases(session, model_ids)
            _refuse_unfinished_searches(session, model_ids)
        unneeded = dropping.delete_rows(session, model_ids)
    try:
        dropping.delete_blobs(database, store, unneeded)
    except ArtifactError as error:
        raise ArtifactError(
            f"{', '.join(model_ids)}: deleted, but some files could not be: {error}"
        ) from error


def _refuse_aliases(session: Session, model_ids: Collection[str]) -> None:
    for (dataset, name), model_id in models.aliases(session).items():
        if model_id in model_ids:
            raise RegistryError(
                f"model {model_id} is {dataset}@{name}: set the alias on another model with `zoo alias MODEL {name}`, "
                "or delete the model anyway with --force"
            )


def _refuse_unfinished_searches(session: Session, model_ids: Collection[str]) -> None:
    needed = _models_of_trials(session, model_ids) or _parents_of_searches(session, model_ids)
    if needed is not None:
        model_id, search_id = needed
        raise RegistryError(
            f"search {search_id} is not completed and may continue from model {model_id}: complete it first "
            f"(`zoo search --resume {search_id}`), or delete the model anyway with --force"
        )


def _models_of_trials(session: Session, model_ids: Collection[str]) -> tuple[str, str] | None:
    """A model from which a later trial of its search may continue, and that search."""
    match = session.execute(
        select(RunRow.model_id, SearchRow.id)
        .join(RunRow.search)
        .where(
            RunRow.model_id.in_(model_ids),
            SearchRow.options["algorithm"]
            .as_string()
            .in_(name for name in ALGORITHMS if continues_trials(name)),
            SearchRow.state != State.COMPLETED,
        )
    ).first()
    return match and (str(match[0]), match[1])


def _parents_of_searches(session: Session, model_ids: Collection[str]) -> tuple[str, str] | None:
    """A model from which all trials of a search start, and that search."""
    parent = SearchRow.candidates[0]["parent_id"].as_string()
    match = session.execute(
        select(parent, SearchRow.id).where(parent.in_(model_ids), SearchRow.state != State.COMPLETED)
    ).first()
    return match and (match[0], match[1])
