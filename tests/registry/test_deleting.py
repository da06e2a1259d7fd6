"""Models that somebody wants deleted."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plans import changed
from tests.registry.builders import add_model, content, evaluation, run_plan, search_plan, trial
from zoo.errors import ArtifactError, NotFoundError, RegistryError, UnknownNameError
from zoo.interfaces import DatasetVersion, RunKind, Search, State

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from zoo.interfaces import Model
    from zoo.registry import Registry

    Start = Callable[[str], subprocess.Popen[str]]


def blobs(registry: Registry) -> set[Path]:
    return {path for path in Path(registry.artifacts.url).rglob("*") if path.is_file()}


def change(registry: Registry, statement: str) -> None:
    with closing(sqlite3.connect(registry.url)) as connection, connection:
        connection.execute(statement)


def test_a_deleted_model_and_its_blobs_are_gone(registry: Registry, digits: DatasetVersion) -> None:
    registry.delete_models([add_model(registry, digits).id])
    assert (registry.models(), blobs(registry)) == ([], set())


def test_the_run_of_a_deleted_model_stays_completed(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    registry.delete_models([model.id])
    run = registry.run(model.run_id)
    assert (run.state, run.model_id) == (State.COMPLETED, None)


@pytest.fixture
def child(registry: Registry, digits: DatasetVersion) -> Model:
    """A model whose parent, with which it shares all but a tensor, is deleted."""
    parent = add_model(registry, digits)
    run = registry.start_run(run_plan(RunKind.FINETUNE, parent_id=parent.id), digits)
    shared = {**content().tensors, "predictions/kernel": content(1).tensors["predictions/kernel"]}
    child = registry.complete_run(run.id, dataclasses.replace(content(), tensors=shared), [evaluation()])
    registry.delete_models([parent.id])
    return child


def test_a_child_keeps_all_its_weights(registry: Registry, child: Model) -> None:
    assert len(registry.load_content(child.id).tensors) == 3


def test_a_child_names_its_deleted_parent_ever_after(registry: Registry, child: Model) -> None:
    after = registry.model(child.id)
    assert (after.parent_id, after.parent_deleted) == (child.parent_id, True)
    assert registry.run(child.run_id).plan.parent_id == child.parent_id


def test_a_parent_that_is_there_is_not_called_deleted(registry: Registry, child: Model) -> None:
    run = registry.start_run(run_plan(RunKind.FINETUNE, parent_id=child.id), registry.dataset("digits"))
    assert not registry.complete_run(run.id, content(2), []).parent_deleted


def test_a_run_whose_parent_is_deleted_meanwhile_completes(
    registry: Registry, digits: DatasetVersion
) -> None:
    parent = add_model(registry, digits)
    run = registry.start_run(run_plan(RunKind.FINETUNE, parent_id=parent.id), digits)
    registry.delete_models([parent.id])
    model = registry.complete_run(run.id, content(), [evaluation()])
    assert (model.parent_id, len(registry.load_content(model.id).tensors)) == (parent.id, 3)


def test_no_run_can_start_from_a_deleted_model(registry: Registry, child: Model) -> None:
    plan = run_plan(RunKind.FINETUNE, parent_id=child.parent_id)
    with pytest.raises(NotFoundError, match=f"no model has the id '{child.parent_id}'"):
        registry.start_run(plan, registry.dataset("digits"))


def test_a_reference_to_a_deleted_model_names_what_is_left(
    registry: Registry, digits: DatasetVersion
) -> None:
    model = add_model(registry, digits)
    registry.delete_models([model.id])
    message = f"deleted; `zoo show {model.run_id}` and `zoo lineage {model.run_id}` show what is known of it"
    for ref in (model.id, model.id[:11]):
        with pytest.raises(NotFoundError, match=message):
            registry.find(ref)


def test_the_best_of_the_others_is_the_best_afterwards(registry: Registry, digits: DatasetVersion) -> None:
    best, second, _ = (add_model(registry, digits, accuracy=value) for value in (0.9, 0.8, 0.7))
    registry.delete_models([best.id])
    assert registry.model("digits@best").id == second.id


# Aliases -------------------------------------------------------------------------------------------------


@pytest.fixture
def aliased(registry: Registry, digits: DatasetVersion) -> tuple[Model, Model]:
    """A model that was digits@champion, and the one that is."""
    former, champion = add_model(registry, digits), add_model(registry, digits, seed=1)
    registry.set_alias(former.id, "champion")
    registry.set_alias(champion.id, "champion")
    return former, champion


def test_a_model_with_an_alias_is_refused_with_what_to_do(
    registry: Registry, aliased: tuple[Model, Model]
) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.delete_models([aliased[1].id])
    assert str(caught.value) == (
        f"model {aliased[1].id} is digits@champion: set the alias on another model with `zoo alias MODEL champion`, "
        "or delete the model anyway with --force"
    )


def test_where_one_model_is_refused_none_is_deleted(registry: Registry, aliased: tuple[Model, Model]) -> None:
    before = blobs(registry)
    with pytest.raises(RegistryError):
        registry.delete_models([model.id for model in aliased])
    assert (len(registry.models()), blobs(registry)) == (2, before)


def test_where_one_model_is_unknown_none_is_deleted(registry: Registry, aliased: tuple[Model, Model]) -> None:
    with pytest.raises(NotFoundError, match="no model has the id 'none'"):
        registry.delete_models([aliased[0].id, "none"])
    assert len(registry.models()) == 2


def test_a_model_that_had_an_alias_is_deleted(registry: Registry, aliased: tuple[Model, Model]) -> None:
    registry.delete_models([aliased[0].id])
    assert registry.model("digits@champion").id == aliased[1].id


def test_the_history_of_aliases_outlives_the_models(registry: Registry, aliased: tuple[Model, Model]) -> None:
    registry.delete_models([model.id for model in aliased], force=True)
    with closing(sqlite3.connect(registry.url)) as connection:
        history = connection.execute("SELECT name, model_id FROM aliases ORDER BY id").fetchall()
    assert history == [("champion", model.id) for model in aliased]


def test_an_alias_does_not_go_back_to_an_older_model(
    registry: Registry, aliased: tuple[Model, Model]
) -> None:
    former, champion = aliased
    registry.delete_models([champion.id], force=True)
    with pytest.raises(NotFoundError) as caught:
        registry.model("digits@champion")
    assert str(caught.value) == (
        f"digits@champion was model {champion.id}, which was deleted: `zoo alias MODEL champion` sets it on "
        "another model"
    )
    assert registry.model(former.id).aliases == ()


def test_an_alias_of_a_deleted_model_can_be_set_again(
    registry: Registry, aliased: tuple[Model, Model]
) -> None:
    registry.delete_models([aliased[1].id], force=True)
    registry.set_alias(aliased[0].id, "champion")
    assert registry.model("digits@champion").aliases == ("champion",)


def test_a_deleted_model_leaves_other_aliases_alone(registry: Registry, aliased: tuple[Model, Model]) -> None:
    registry.delete_models([aliased[1].id], force=True)
    with pytest.raises(UnknownNameError, match="unknown alias 'runner-up'"):
        registry.model("digits@runner-up")


# Searches ------------------------------------------------------------------------------------------------


def _searched(
    registry: Registry, digits: DatasetVersion, algorithm: str = "random"
) -> tuple[Search, list[str]]:
    """A running search, and its models, the best first."""
    search = registry.start_search(changed(search_plan(), algorithm=algorithm), digits)
    models = []
    for number, score in ((1, 0.9), (2, 0.8)):
        run = registry.start_trial(search.id, trial(number), run_plan(RunKind.TRIAL))
        models.append(registry.complete_run(run.id, content(number), [], scores={"val_accuracy": score}).id)
    return search, models


def test_a_search_names_the_best_model_that_is_left(registry: Registry, digits: DatasetVersion) -> None:
    search, models = _searched(registry, digits)
    registry.delete_models(models[:1])
    assert registry.search(search.id).best_model_id == models[1]


def test_a_search_whose_models_are_all_deleted_keeps_its_scores(
    registry: Registry, digits: DatasetVersion
) -> None:
    search, models = _searched(registry, digits)
    registry.delete_models(models)
    assert registry.search(search.id).best_model_id is None
    assert [run.score for run in registry.runs(search=search.id)] == [0.9, 0.8]


def test_a_model_that_a_search_may_go_on_from_is_refused(registry: Registry, digits: DatasetVersion) -> None:
    search, models = _searched(registry, digits, "hyperband")
    registry.end_search(search.id, State.INTERRUPTED)
    with pytest.raises(RegistryError, match=f"^search {search.id} is not completed .* --force$"):
        registry.delete_models(models[:1])
    assert registry.model(models[0]).id == models[0]


def test_a_model_that_a_search_may_go_on_from_is_deleted_by_force(
    registry: Registry, digits: DatasetVersion
) -> None:
    _, models = _searched(registry, digits, "hyperband")
    registry.delete_models(models, force=True)
    assert registry.models() == []


def test_a_model_of_a_search_that_is_over_is_deleted(registry: Registry, digits: DatasetVersion) -> None:
    search, models = _searched(registry, digits, "hyperband")
    registry.end_search(search.id, State.COMPLETED)
    registry.delete_models(models)
    assert registry.models() == []


@pytest.fixture
def fine_tuning(registry: Registry, digits: DatasetVersion) -> tuple[Search, Model]:
    """A search that fine-tunes, and the model that each of its trials starts from."""
    parent = add_model(registry, digits)
    plan = changed(search_plan(), parent_id=parent.id)
    return registry.start_search(plan, digits), parent


@pytest.mark.parametrize("state", [State.RUNNING, State.INTERRUPTED, State.FAILED])
def test_a_model_that_a_search_fine_tunes_is_refused(
    registry: Registry, digits: DatasetVersion, fine_tuning: tuple[Search, Model], state: State
) -> None:
    search, parent = fine_tuning
    if state is not State.RUNNING:
        registry.end_search(search.id, state)
    with pytest.raises(RegistryError) as caught:
        registry.delete_models([add_model(registry, digits).id, parent.id])
    assert str(caught.value) == (
        f"search {search.id} is not completed and may continue from model {parent.id}: complete it first "
        f"(`zoo search --resume {search.id}`), or delete the model anyway with --force"
    )


def test_a_model_that_a_search_fine_tunes_is_deleted_by_force(
    registry: Registry, fine_tuning: tuple[Search, Model]
) -> None:
    registry.delete_models([fine_tuning[1].id], force=True)
    assert registry.models() == []


def test_a_model_that_a_search_has_fine_tuned_is_deleted(
    registry: Registry, fine_tuning: tuple[Search, Model]
) -> None:
    search, parent = fine_tuning
    registry.end_search(search.id, State.COMPLETED)
    registry.delete_models([parent.id])
    assert registry.models() == []


def test_other_models_than_a_search_fine_tunes_are_deleted(
    registry: Registry, digits: DatasetVersion, fine_tuning: tuple[Search, Model]
) -> None:
    registry.delete_models([add_model(registry, digits).id])
    assert [model.id for model in registry.models()] == [fine_tuning[1].id]


# Damage and other processes ------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
def test_a_damaged_model_is_deleted_with_what_is_left_of_it(
    registry: Registry, digits: DatasetVersion, damage: Callable[[Path], object]
) -> None:
    model, other = add_model(registry, digits), add_model(registry, digits, seed=1)
    alone = blobs(registry) - {Path(registry.artifacts.path(other.manifest))}
    damage(sorted(alone)[0])
    damage(Path(registry.artifacts.path(model.manifest)))
    registry.delete_models([model.id])
    assert [remaining.id for remaining in registry.models()] == [other.id]


def test_an_older_model_is_deleted_with_its_blobs(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    change(registry, "DELETE FROM tensors")  # as they were before schema 0002
    registry.delete_models([model.id])
    assert (registry.models(), blobs(registry)) == ([], set())


def test_an_older_model_with_a_damaged_manifest_can_be_deleted(
    registry: Registry, digits: DatasetVersion
) -> None:
    damaged, other = add_model(registry, digits), add_model(registry, digits, seed=1)
    change(registry, "DELETE FROM tensors")
    Path(registry.artifacts.path(damaged.manifest)).write_bytes(b"damaged")
    registry.delete_models([damaged.id])
    assert [model.id for model in registry.models()] == [other.id]
    assert len(registry.load_content(other.id).tensors) == 3


def test_no_blob_is_deleted_while_nobody_knows_what_an_older_model_needs(
    registry: Registry, digits: DatasetVersion
) -> None:
    damaged, equal = add_model(registry, digits), add_model(registry, digits)
    change(registry, f"DELETE FROM tensors WHERE model_id = '{damaged.id}'")
    manifest = Path(registry.artifacts.path(damaged.manifest))
    whole = manifest.read_bytes()
    manifest.write_bytes(b"damaged")
    registry.delete_models([equal.id])
    manifest.write_bytes(whole)
    assert len(registry.load_content(damaged.id).tensors) == 3


def test_a_read_only_store_is_reported(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    path = Path(registry.artifacts.path(model.manifest))
    path.unlink()
    path.mkdir()  # which nobody can delete as a file, root neither
    with pytest.raises(
        ArtifactError, match=f"^{model.id}: deleted, but some files could not be: cannot delete"
    ):
        registry.delete_models([model.id])
    assert registry.models() == []


def test_of_two_processes_that_delete_a_model_at_once_the_second_is_refused(
    registry: Registry, digits: DatasetVersion, start_python: Start
) -> None:
    model, other = add_model(registry, digits), add_model(registry, digits, seed=1)
    script = (
        "from zoo.errors import NotFoundError\n"
        "registry = open_registry()\n"
        "print('ready', flush=True)\n"
        "input()\n"
        f"try: registry.delete_models([{model.id!r}])\n"
        "except NotFoundError as error: print(error)\n"
        "else: print('deleted')\n"
    )
    processes = [start_python(script) for _ in range(2)]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 2
    ends = [process.communicate("\n", timeout=60) for process in processes]
    outputs = sorted(out for out, _ in ends)
    assert outputs == ["deleted\n", f"no model has the id '{model.id}': `zoo models` lists them\n"]
    assert [error for _, error in ends] == ["", ""]
    assert len(registry.load_content(other.id).tensors) == 3
