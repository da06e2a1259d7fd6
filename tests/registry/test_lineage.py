from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from tests.registry.builders import add_model, content, evaluation, run_plan, search_plan, trial
from zoo.errors import NotFoundError
from zoo.interfaces import DatasetVersion, Lineage, Model, RunKind, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.registry import Registry

Shape = tuple[str | None, list[Any]]


def shape(lineage: Lineage) -> Shape:
    """The id of the oldest one, and the same of each of its children."""
    return lineage.model_id, [shape(child) for child in lineage.children]


def every(lineage: Lineage) -> Iterator[Lineage]:
    waiting = [lineage]
    for entry in waiting:
        waiting += entry.children
    yield from waiting


def node(lineage: Lineage, model_id: str) -> Lineage:
    (match,) = (entry for entry in every(lineage) if entry.model_id == model_id)
    return match


@pytest.fixture
def family(registry: Registry, digits: DatasetVersion) -> list[Model]:
    """A grandparent; its children, a parent and an aunt; the parent's child."""
    grandparent = add_model(registry, digits, accuracy=0.5)
    parent = add_model(registry, digits, parent_id=grandparent.id, accuracy=0.6)
    aunt = add_model(registry, digits, parent_id=grandparent.id, accuracy=0.7)
    child = add_model(registry, digits, parent_id=parent.id, accuracy=0.8)
    add_model(registry, digits, accuracy=0.1)  # a stranger
    return [grandparent, parent, aunt, child]


@pytest.fixture
def ids(family: list[Model]) -> list[str]:
    return [model.id for model in family]


def test_a_model_without_relatives_is_alone(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    assert shape(registry.lineage(model.id)) == (model.id, [])


@pytest.mark.parametrize("which", range(4))
def test_whoever_is_asked_for_the_tree_is_the_same(registry: Registry, ids: list[str], which: int) -> None:
    grandparent, parent, aunt, child = ids
    assert shape(registry.lineage(ids[which])) == (grandparent, [(parent, [(child, [])]), (aunt, [])])


@pytest.mark.parametrize("which", range(4))
def test_the_one_that_is_asked_for_is_marked(registry: Registry, ids: list[str], which: int) -> None:
    marked = [entry.model_id for entry in every(registry.lineage(ids[which])) if entry.asked]
    assert marked == [ids[which]]


def test_a_model_is_described(registry: Registry, family: list[Model]) -> None:
    registry.set_alias(family[3].id, "champion")
    entry = node(registry.lineage(family[0].id), family[3].id)
    assert (entry.run, entry.metrics, entry.aliases, entry.deleted) == (
        registry.run(family[3].run_id),
        family[3].metrics,
        ("champion",),
        False,
    )


def test_metrics_on_other_datasets_are_left_out(
    registry: Registry, digits: DatasetVersion, family: list[Model]
) -> None:
    photos = registry.record_dataset(type(digits)(**{**vars(digits), "name": "photos", "source": "/photos"}))
    registry.record_evaluation(family[0].id, photos, evaluation("validation", accuracy=0.99))
    assert registry.lineage(family[0].id).metrics["val_accuracy"] == 0.5


def test_a_run_stands_for_its_model(registry: Registry, family: list[Model]) -> None:
    assert registry.lineage(family[3].run_id) == registry.lineage(family[3].id)


def test_an_alias_is_a_reference(registry: Registry, ids: list[str]) -> None:
    registry.set_alias(ids[1], "champion")
    assert registry.lineage("digits@champion") == registry.lineage(ids[1])


def test_a_search_stands_for_its_best_model(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(), digits)
    scores = {1: 0.5, 2: 0.9, 3: 0.7}
    models = []
    for number, score in scores.items():
        run = registry.start_trial(search.id, trial(number), run_plan(RunKind.TRIAL))
        models.append(registry.complete_run(run.id, content(number), [], scores={"val_accuracy": score}))
    assert shape(registry.lineage(search.id)) == (models[1].id, [])


def test_a_search_without_a_model_is_refused(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(), digits)
    with pytest.raises(NotFoundError, match=f"^search {search.id} has no model: see zoo show {search.id}$"):
        registry.lineage(search.id)


def test_an_unknown_reference_is_refused_as_everywhere(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no model, run or search 'abc'"):
        registry.lineage("abc")


def test_runs_that_left_no_model_are_not_in_the_tree(
    registry: Registry, digits: DatasetVersion, ids: list[str]
) -> None:
    plan = run_plan(RunKind.FINETUNE, parent_id=ids[0])
    before = shape(registry.lineage(ids[0]))
    registry.end_run(registry.start_run(plan, digits).id, State.FAILED, "no")
    registry.complete_without_model(registry.start_run(plan, digits).id, {})
    registry.start_run(plan, digits)
    assert shape(registry.lineage(ids[0])) == before


def test_a_run_that_left_no_model_is_in_its_own_tree(
    registry: Registry, digits: DatasetVersion, ids: list[str]
) -> None:
    run = registry.start_run(run_plan(RunKind.FINETUNE, parent_id=ids[3]), digits)
    failed = registry.end_run(run.id, State.FAILED, "no")
    (entry,) = node(registry.lineage(run.id), ids[3]).children
    assert (entry.run, entry.model_id, entry.deleted, entry.asked) == (failed, None, False, True)


def test_a_run_of_no_parent_that_left_no_model_is_alone(registry: Registry, digits: DatasetVersion) -> None:
    failed = registry.end_run(registry.start_run(run_plan(), digits).id, State.FAILED, "no")
    add_model(registry, digits)
    lineage = registry.lineage(failed.id)
    assert (lineage.run, lineage.model_id, lineage.children) == (failed, None, ())


def test_the_ancestors_of_a_deleted_model_stay_listed(registry: Registry, ids: list[str]) -> None:
    before = shape(registry.lineage(ids[3]))
    registry.delete_models([ids[1], ids[0]])
    after = registry.lineage(ids[3])
    assert shape(after) == before
    assert [entry.model_id for entry in every(after) if entry.deleted] == [ids[0], ids[1]]


def test_a_deleted_model_keeps_its_history_but_not_its_metrics(
    registry: Registry, family: list[Model]
) -> None:
    registry.set_alias(family[1].id, "champion")
    registry.delete_models([family[1].id], force=True)
    entry = node(registry.lineage(family[3].id), family[1].id)
    assert (entry.run, entry.metrics, entry.aliases) == (registry.run(family[1].run_id), {}, ())


def test_a_deleted_model_from_which_nothing_comes_is_left_out(registry: Registry, ids: list[str]) -> None:
    registry.delete_models(ids[2:])
    assert shape(registry.lineage(ids[0])) == (ids[0], [(ids[1], [])])


@pytest.mark.parametrize("length", [12, 11])
def test_a_deleted_model_has_a_lineage_of_its_own(registry: Registry, ids: list[str], length: int) -> None:
    registry.delete_models([ids[3]])
    entry = node(registry.lineage(ids[3][:length]), ids[3])
    assert (entry.deleted, entry.asked) == (True, True)


def test_the_run_of_a_deleted_model_stands_for_it(registry: Registry, family: list[Model]) -> None:
    registry.delete_models([family[3].id])
    assert registry.lineage(family[3].run_id) == registry.lineage(family[3].id)


def test_an_ancestor_of_which_only_its_children_tell_is_named(registry: Registry, ids: list[str]) -> None:
    registry.delete_models([ids[0]])
    with closing(sqlite3.connect(registry.url)) as connection, connection:
        connection.execute("DELETE FROM runs WHERE made_id = ?", (ids[0],))
    oldest = registry.lineage(ids[3])
    assert shape(oldest) == (ids[0], [(ids[1], [(ids[3], [])]), (ids[2], [])])
    assert (oldest.deleted, oldest.run) == (True, None)


def _descend(registry: Registry, ancestor: Model, generations: int) -> None:
    """Write a line of models, each trained from the one before, without storing any weights."""
    with closing(sqlite3.connect(registry.url)) as connection, connection:
        for table, key in (("models", ancestor.id), ("runs", ancestor.run_id)):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            row = connection.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone()
            copies = []
            for number in range(generations):
                changed = {"id": f"{table[0]}{number:011}"}
                if table == "runs":
                    model_id = f"m{number:011}"
                    changed |= {"model_id": model_id, "made_id": model_id}
                    changed["parent_id"] = f"m{number - 1:011}" if number else ancestor.id
                copies.append(tuple({**dict(zip(columns, row, strict=True)), **changed}.values()))
            marks = ",".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", copies)


def test_a_line_may_be_longer_than_pythons_stack_is_deep(registry: Registry, digits: DatasetVersion) -> None:
    ancestor = add_model(registry, digits)
    _descend(registry, ancestor, 1500)
    assert sum(1 for _ in every(registry.lineage(ancestor.id))) == 1501


def test_a_large_tree_takes_no_more_queries_than_a_small_one(
    registry: Registry, digits: DatasetVersion
) -> None:
    ancestor = add_model(registry, digits)
    statements = []

    def count(*_: object) -> None:
        statements.append(1)

    def queries(ref: str) -> int:
        statements.clear()
        registry.lineage(ref)
        return len(statements)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        small = queries(ancestor.id)
        _descend(registry, ancestor, 100)
        assert queries(ancestor.id) == small
    finally:
        event.remove(Engine, "before_cursor_execute", count)
