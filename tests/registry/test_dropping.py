from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, content, run_plan
from zoo.interfaces import DatasetVersion, State

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from zoo.registry import Registry

    Start = Callable[[str], subprocess.Popen[str]]


def blobs(registry: Registry) -> set[str]:
    root = Path(registry.artifacts.url)
    return {path.relative_to(root).as_posix().replace("/", "") for path in root.rglob("*") if path.is_file()}


def needed(registry: Registry, *model_ids: str) -> set[str]:
    with closing(sqlite3.connect(registry.url)) as connection:
        rows = connection.execute("SELECT model_id, digest FROM tensors").fetchall()
    return {digest for model_id, digest in rows if model_id in model_ids}


def test_a_model_names_all_its_blobs(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    assert needed(registry, model.id) == blobs(registry)


def test_a_dropped_model_and_its_blobs_are_gone(registry: Registry, digits: DatasetVersion) -> None:
    registry.drop_models([add_model(registry, digits).id])
    assert (registry.models(), blobs(registry)) == ([], set())


def test_the_run_of_a_dropped_model_stays_completed(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    registry.drop_models([model.id])
    run = registry.run(model.run_id)
    assert (run.state, run.model_id) == (State.COMPLETED, None)


def test_blobs_that_another_model_needs_stay(registry: Registry, digits: DatasetVersion) -> None:
    dropped = add_model(registry, digits)
    run = registry.start_run(run_plan(), digits)
    shared = {**content().tensors, "predictions/kernel": content(1).tensors["predictions/kernel"]}
    child = registry.complete_run(run.id, dataclasses.replace(content(), tensors=shared), [])
    registry.drop_models([dropped.id])
    assert blobs(registry) == needed(registry, child.id)


def test_a_model_with_an_alias_stays(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    registry.set_alias(model.id, "champion")
    registry.drop_models([model.id])
    assert (registry.model(model.id).id, blobs(registry)) == (model.id, needed(registry, model.id))


def test_a_model_that_a_run_started_from_stays(registry: Registry, digits: DatasetVersion) -> None:
    model = add_model(registry, digits)
    registry.start_run(run_plan(parent_id=model.id), digits)
    registry.drop_models([model.id])
    assert [remaining.id for remaining in registry.models()] == [model.id]


def test_a_model_that_is_gone_already_is_passed_over(registry: Registry, digits: DatasetVersion) -> None:
    first, second = add_model(registry, digits), add_model(registry, digits, seed=1)
    registry.drop_models([first.id])
    registry.drop_models([first.id, second.id])
    assert registry.models() == []


@pytest.fixture
def old(registry: Registry, digits: DatasetVersion) -> tuple[str, str]:
    """Two equal models of a registry that did not say yet which blobs they need."""
    models = add_model(registry, digits), add_model(registry, digits)
    with closing(sqlite3.connect(registry.url)) as connection, connection:
        connection.execute("DELETE FROM tensors")
    return models[0].id, models[1].id


def test_blobs_that_an_older_model_needs_stay(registry: Registry, old: tuple[str, str]) -> None:
    registry.drop_models(old[:1])
    assert len(registry.load_content(old[1]).tensors) == 3


def test_an_older_model_is_dropped_with_its_blobs(registry: Registry, old: tuple[str, str]) -> None:
    registry.drop_models(old)
    assert (registry.models(), blobs(registry)) == ([], set())


def test_nothing_is_dropped_while_a_manifest_cannot_be_read(
    registry: Registry, old: tuple[str, str], digits: DatasetVersion
) -> None:
    model = add_model(registry, digits, seed=1)
    Path(registry.artifacts.path(registry.model(old[0]).manifest)).write_bytes(b"damaged")
    before = blobs(registry)
    registry.drop_models([model.id])
    assert (len(registry.models()), blobs(registry)) == (3, before)


_STORE_WHILE_DROPPED = (
    "from zoo.registry import manifest\n"
    "save = manifest.save_content\n"
    "def wait(*arguments):\n"
    "    stored = save(*arguments)\n"
    "    manifest.save_content = save\n"
    "    print('stored', flush=True)\n"
    "    input()\n"
    "    return stored\n"
    "manifest.save_content = wait\n"
    "registry = open_registry()\n"
    "add_model(registry, registry.dataset('digits'))\n"
)


def test_blobs_that_vanish_while_a_model_is_stored_are_stored_again(
    registry: Registry, digits: DatasetVersion, start_python: Start
) -> None:
    dropped = add_model(registry, digits)
    process = start_python(_STORE_WHILE_DROPPED)
    assert process.stdout
    assert process.stdout.readline() == "stored\n"
    registry.drop_models([dropped.id])
    vanished = blobs(registry) == set()
    _, errors = process.communicate("\n", timeout=60)
    (model,) = registry.models()
    assert (vanished, errors, len(registry.load_content(model.id).tensors)) == (True, "", 3)


_DROP_WHILE_STORED = (
    "from zoo.registry import dropping\n"
    "delete = dropping._delete_blobs\n"
    "def wait(*arguments):\n"
    "    print('rows are gone', flush=True)\n"
    "    input()\n"
    "    delete(*arguments)\n"
    "dropping._delete_blobs = wait\n"
    "registry = open_registry()\n"
    "registry.drop_models([model.id for model in registry.models()])\n"
)


def test_blobs_that_a_new_model_needs_by_now_are_not_deleted(
    registry: Registry, digits: DatasetVersion, start_python: Start
) -> None:
    add_model(registry, digits)
    process = start_python(_DROP_WHILE_STORED)
    assert process.stdout
    assert process.stdout.readline() == "rows are gone\n"
    model = add_model(registry, digits)
    _, errors = process.communicate("\n", timeout=60)
    assert (errors, len(registry.load_content(model.id).tensors)) == ("", 3)


def test_a_kill_between_rows_and_blobs_leaves_only_blobs_too_many(
    registry: Registry, digits: DatasetVersion, start_python: Start
) -> None:
    other, dropped = add_model(registry, digits), add_model(registry, digits, seed=1)
    script = (
        "import os, signal, sys\n"
        "sys.addaudithook(lambda name, _: name == 'os.remove' and os.kill(os.getpid(), signal.SIGKILL))\n"
        f"open_registry().drop_models([{dropped.id!r}])\n"
    )
    start_python(script).communicate(timeout=60)
    assert ([model.id for model in registry.models()], needed(registry, other.id) < blobs(registry)) == (
        [other.id],
        True,
    )
    assert len(registry.load_content(other.id).tensors) == 3
