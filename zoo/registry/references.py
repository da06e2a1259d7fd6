"""References as on the command line: an id, a prefix of one, `DATASET@best` or `DATASET@ALIAS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.errors import NotFoundError, UnknownNameError
from zoo.registry import datasets, ids, models, selection
from zoo.registry.schema import DatasetRow, ModelRow, RunRow, SearchRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def model(session: Session, ref: str) -> ModelRow:
    """The model that a reference names.

    Raises:
        NotFoundError: no model matches, or several do; the message lists the matches.
        UnknownNameError: the dataset or alias is unknown.
    """
    if "@" in ref:
        return _named(session, ref)
    matches = ids.starting_with(session, ModelRow, ref)
    if len(matches) > 1:
        raise ids.ambiguous(ref, matches)
    if matches:
        return matches[0]
    raise NotFoundError(f"no model '{ref}': {_model_advice(session, ref)}")


def run(session: Session, ref: str) -> RunRow:
    """The run whose id is or starts with `ref`; raises NotFoundError."""
    return _by_id(session, RunRow, ref)


def search(session: Session, ref: str) -> SearchRow:
    """The search whose id is or starts with `ref`; raises NotFoundError."""
    return _by_id(session, SearchRow, ref)


def anything(session: Session, ref: str) -> ModelRow | RunRow | SearchRow:
    """The model, run or search that a reference names; raises as `model` does."""
    if "@" in ref:
        return _named(session, ref)
    matches: list[ModelRow | RunRow | SearchRow] = [
        *ids.starting_with(session, ModelRow, ref),
        *ids.starting_with(session, RunRow, ref),
        *ids.starting_with(session, SearchRow, ref),
    ]
    if len(matches) > 1:
        raise ids.ambiguous(ref, matches)
    if matches:
        return matches[0]
    raise NotFoundError(f"no model, run or search '{ref}': {_model_advice(session, ref)}")


def deleted(session: Session, ref: str) -> RunRow | None:
    """The run of the deleted model whose id is or starts with `ref`; None if no model matches, or several do."""
    if not ref:
        return None
    starts = RunRow.made_id.startswith(ref.lower(), autoescape=True)
    matches = session.scalars(select(RunRow).where(RunRow.model_id.is_(None), starts).limit(2)).all()
    return matches[0] if len(matches) == 1 else None


def _by_id(session: Session, table: type[ids.Row], ref: str) -> ids.Row:
    exact = session.get(table, ref)
    if exact is not None:
        return exact
    matches = ids.starting_with(session, table, ref)
    if len(matches) > 1:
        raise ids.ambiguous(ref, matches)
    if not matches:
        raise NotFoundError(f"no {ids.KINDS[table]} '{ref}': {ids.LISTED_BY[table]} lists them")
    return matches[0]


def _named(session: Session, ref: str) -> ModelRow:
    dataset_ref, _, name = ref.rpartition("@")
    dataset = datasets.find(session, dataset_ref)
    if name == models.BEST:
        return selection.best(session, [dataset], selection.DEFAULT_METRIC, selection.Limits())
    aliases = {
        alias: model_id
        for (owner, alias), model_id in models.aliases(session).items()
        if owner == dataset.name
    }
    deleted_id = models.aliases_of_deleted(session).get((dataset.name, name))
    if deleted_id is not None:
        raise NotFoundError(
            f"{dataset.name}@{name} was model {deleted_id}, which was deleted: `zoo alias MODEL {name}` sets it on "
            "another model"
        )
    if name not in aliases:
        raise UnknownNameError("alias", name, {*aliases, models.BEST}, f"(within dataset {dataset.name})")
    return ids.get(session, ModelRow, aliases[name])


def _model_advice(session: Session, ref: str) -> str:
    if session.scalar(select(DatasetRow.id).where(DatasetRow.name == ref).limit(1)):
        return f"that is a dataset; write {ref}@{models.BEST} for its best model"
    runs = ids.starting_with(session, RunRow, ref)
    if len(runs) == 1 and runs[0].model_id:
        return f"that is a run, and its model is {runs[0].model_id}"
    run = deleted(session, ref)
    if run is not None:
        return (
            f"that model was deleted; `zoo show {run.id}` and `zoo lineage {run.id}` show what is known of it"
        )
    return "give an id or the start of one, DATASET@best or DATASET@ALIAS; `zoo models` lists them"
