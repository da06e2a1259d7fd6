"""The registry's life on a real PostgreSQL server, which listens on a socket in a temporary folder only."""

from __future__ import annotations

import importlib.util
import math
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plans import changed
from tests.registry.builders import (
    add_model,
    content,
    evaluation,
    record_digits,
    run_plan,
    search_plan,
    trial,
)
from zoo.errors import RegistryError
from zoo.interfaces import DatasetVersion, Epoch, Objective, RunKind, State
from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[[str], subprocess.Popen[str]]

PLAN = run_plan(RunKind.TRIAL)


def _missing() -> str | None:
    """Return what these tests need and this machine lacks."""
    programs = [name for name in ("initdb", "postgres") if shutil.which(name) is None]
    if programs:
        return f"no {' and no '.join(programs)} on the PATH"
    return None if importlib.util.find_spec("psycopg") else "psycopg is not installed"


def _account() -> dict[str, str | int | list[int]]:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of an empty database, without its name."""
    missing = _missing()
    if missing is not None:
        if os.environ.get("ZOO_REQUIRE_POSTGRESQL"):
            pytest.fail(missing)
        pytest.skip(missing)
    account = _account()
    # Not in pytest's folder, which others cannot read and which is too long for the path of a socket.
    with tempfile.TemporaryDirectory(prefix="zoo-pg-", ignore_cleanup_errors=True) as folder:
        if account:
            os.chown(folder, int(str(account["user"])), int(str(account["group"])))
        data = f"{folder}/data"
        making = ["initdb", "-D", data, "-U", "zoo", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(making, check=True, capture_output=True, cwd=folder, **account)
        serving = ["postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        process = subprocess.Popen(
            serving, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account
        )
        try:
            _wait_for(f"host={folder} user=zoo dbname=postgres", process)
            yield f"postgresql://zoo@/{{}}?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: a failed test may still be connected
            process.wait()


def _wait_for(conninfo: str, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(conninfo).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def url(server: str) -> str:
    """The URL of a database of the test's own."""
    import psycopg

    name = f"zoo{secrets.token_hex(4)}"
    socket = server.rpartition("host=")[2]
    with psycopg.connect(f"host={socket} user=zoo dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]  # not a literal
    return server.format(name)


@pytest.fixture
def registry(url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(url, tmp_path / "artifacts") as registry:
        yield registry


@pytest.fixture
def digits(registry: Registry) -> DatasetVersion:
    return record_digits(registry)


def test_a_user_without_rights(url: str, tmp_path: Path) -> None:
    import psycopg

    stranger = f"stranger{secrets.token_hex(4)}"
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE USER {stranger}")  # type: ignore[arg-type]  # not a literal
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # as it is from PostgreSQL 15 on
    with pytest.raises(RegistryError) as caught:
        open_registry(url.replace("zoo@", f"{stranger}@"), tmp_path / "artifacts")
    message = str(caught.value)
    assert "permission denied for schema public" in message
    assert message.endswith(
        "ask the owner of the database for access, or name another registry with --registry or ZOO_REGISTRY"
    )


def test_the_migrations_make_the_tables_of_the_schema(registry: Registry, url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine

    from zoo.registry.database import locate
    from zoo.registry.schema import Base

    with create_engine(locate(url).url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def fill(url: str, version: str) -> None:
    """Bring an empty database to this schema, and copy what `tests/registry/assets` keeps of it."""
    import sqlalchemy as sa
    from alembic import command

    from zoo.registry.database import locate
    from zoo.registry.upgrade import migrations

    older = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    with older.connect() as connection:
        script = (Path(__file__).parent / "assets" / f"{version}.sql").read_text()
        connection.connection.executescript(script)  # type: ignore[attr-defined]  # of sqlite3
        tables = sa.MetaData()
        tables.reflect(connection)
        config, engine = migrations(), sa.create_engine(locate(url).url)
        with engine.begin() as target:
            config.attributes["connection"] = target
            command.upgrade(config, version)
            copies = sa.MetaData()
            copies.reflect(target)
            for table in copies.sorted_tables:
                for row in connection.execute(sa.select(tables.tables[table.name])).mappings():
                    if table.name != "alembic_version":
                        # A JSON column would take None for JSON's null.
                        values = {name: sa.null() if value is None else value for name, value in row.items()}
                        target.execute(sa.insert(table).values(values))
        engine.dispose()


@pytest.mark.parametrize("version", ["0001", "0002", "0003", "0004"])
def test_a_database_of_an_earlier_schema_is_brought_up_to_date(
    url: str, tmp_path: Path, version: str
) -> None:
    fill(url, version)
    with open_registry(url, tmp_path / "artifacts") as registry:
        champion = registry.model("digits@champion")
        trial = registry.run(champion.run_id)
        search = registry.searches()[0]
    assert (champion.metrics["val_accuracy"], trial.search_id) == (0.9, search.id)
    assert (search.plan.candidates[0].image_size, search.plan.trials, trial.plan.training.epochs) == (8, 4, 3)


def test_a_search_that_cannot_be_upgraded_is_named_and_left_alone(url: str, tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    from zoo.registry.database import locate

    fill(url, "0003")
    with create_engine(locate(url).url).begin() as connection:
        connection.execute(text("UPDATE searches SET architecture = 'a,b'"))
    with open_registry(url, tmp_path / "artifacts") as registry:
        assert registry.searches() == []
        (line,) = registry.unreadable_searches()
    assert line.startswith(
        "search c9eebdbc82e6 was stored by an older zoo and cannot be read: 2 architectures have 1"
    )


def test_a_lineage_goes_past_a_deleted_model(registry: Registry, digits: DatasetVersion) -> None:
    grandparent = add_model(registry, digits, accuracy=0.5)
    parent = add_model(registry, digits, parent_id=grandparent.id, seed=1)
    child = add_model(registry, digits, parent_id=parent.id, seed=2, accuracy=0.7)
    registry.set_alias(child.id, "champion")
    registry.delete_models([parent.id])
    oldest = registry.lineage("digits@champion")
    (middle,) = oldest.children
    (youngest,) = middle.children
    assert [entry.model_id for entry in (oldest, middle, youngest)] == [grandparent.id, parent.id, child.id]
    assert [entry.deleted for entry in (oldest, middle, youngest)] == [False, True, False]
    assert (youngest.metrics["val_accuracy"], youngest.aliases) == (0.7, ("champion",))
    assert registry.model(child.id).parent_deleted


def test_a_model_that_a_search_fine_tunes_is_not_deleted(registry: Registry, digits: DatasetVersion) -> None:
    parent, other = add_model(registry, digits), add_model(registry, digits, seed=1)
    registry.start_search(changed(search_plan(), parent_id=parent.id), digits)
    registry.delete_models([other.id])
    with pytest.raises(RegistryError, match=f"may continue from model {parent.id}"):
        registry.delete_models([parent.id])


def test_an_alias_does_not_go_back_when_its_model_is_deleted(
    registry: Registry, digits: DatasetVersion
) -> None:
    former, champion = add_model(registry, digits), add_model(registry, digits, seed=1)
    for model in (former, champion):
        registry.set_alias(model.id, "champion")
    with pytest.raises(RegistryError, match="is digits@champion"):
        registry.delete_models([champion.id])
    registry.delete_models([champion.id], force=True)
    with pytest.raises(RegistryError, match=f"digits@champion was model {champion.id}, which was deleted"):
        registry.model("digits@champion")


def test_a_search_from_its_start_to_its_best_model(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(Objective("val_loss", "min")), digits)
    models = []
    for number, loss in ((1, 0.4), (2, 0.2), (3, 0.3)):
        run = registry.start_trial(search.id, trial(number), PLAN)
        registry.record_epoch(run.id, Epoch(1, {"val_loss": 1.0}, 0.1))
        registry.record_epoch(run.id, Epoch(2, {"val_loss": loss}, 0.1))
        child = registry.complete_run(
            run.id, content(number), [evaluation(loss=loss, accuracy=0.5)], scores={"val_loss": loss}
        )
        models.append(child)
    ended = registry.end_search(search.id, State.COMPLETED)
    assert (ended.best_model_id, registry.best("digits").id) == (models[1].id, models[1].id)
    assert registry.load_content(models[1].id).class_names == ("one", "two")


def test_numbers_that_are_none_come_back(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(), digits)
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.record_epoch(run.id, Epoch(1, {"loss": math.nan, "val_loss": math.inf}, 0.1))
    registry.complete_run(
        run.id, content(), [evaluation(accuracy=math.nan)], scores={"val_accuracy": math.nan}
    )
    (epoch,) = registry.epochs(run.id)
    stored = (math.isnan(epoch.metrics["loss"]), epoch.metrics["val_loss"], registry.run(run.id).score)
    assert (stored, registry.search(search.id).best_model_id) == ((True, math.inf, None), None)


def test_prior_trials_are_found(registry: Registry, digits: DatasetVersion) -> None:
    search = registry.start_search(search_plan(), digits)
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.record_epoch(run.id, Epoch(1, {"val_accuracy": 0.5, "val_loss": 0.7}, 0.1))
    registry.complete_without_model(run.id, {"val_accuracy": 0.5})
    (prior,) = registry.prior_trials("convnet", "1")
    assert (prior.run_id, prior.metrics) == (run.id, {"val_accuracy": 0.5, "val_loss": 0.7})


def test_one_process_writes_at_a_time(registry: Registry, url: str) -> None:
    from sqlalchemy import text

    from zoo.errors import RegistryError
    from zoo.registry.database import open_database

    writer = open_database(url, create=False)
    impatient = open_database(f"{url}&options=-c%20lock_timeout%3D50", create=False)
    with writer.writing() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(RegistryError, match="lock timeout"), impatient.writing() as other:
            other.execute(text("SELECT 1"))


def test_processes_that_open_and_write_at_once_all_succeed(
    url: str, tmp_path: Path, start_python: Start
) -> None:
    script = (
        f"with open_registry({url!r}, 'artifacts') as registry:\n"
        "    digits = record_digits(registry)\n"
        "    for seed in range(3): add_model(registry, digits, seed=seed, loss=0.1)\n"
    )
    processes = [start_python(script) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    with open_registry(url, tmp_path / "artifacts", create=False) as registry:
        assert (errors, len(registry.datasets()), len(registry.models())) == (["", ""], 1, 6)


def test_models_dropped_by_two_processes_at_once_leave_the_others_whole(
    registry: Registry, digits: DatasetVersion, url: str, tmp_path: Path, start_python: Start
) -> None:
    better = add_model(registry, digits, seed=0, loss=0.1)
    dropped = [add_model(registry, digits, seed=seed % 4, loss=0.2).id for seed in range(12)]
    script = f"open_registry({url!r}, 'artifacts').drop_models({dropped!r})\n"
    processes = [start_python(script) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    blobs = [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    assert (errors, registry.models()) == (["", ""], [better])
    assert len(blobs) == len(registry.load_content(better.id).tensors) + 1


def test_of_two_processes_that_delete_the_same_models_at_once_one_does(
    registry: Registry, digits: DatasetVersion, url: str, start_python: Start
) -> None:
    better = add_model(registry, digits, seed=0, loss=0.1)
    deleted = [add_model(registry, digits, seed=seed, loss=0.2).id for seed in range(4)]
    script = (
        "from zoo.errors import NotFoundError\n"
        f"try: open_registry({url!r}, 'artifacts').delete_models({deleted!r})\n"
        "except NotFoundError: print('too late')\n"
        "else: print('deleted')\n"
    )
    processes = [start_python(script) for _ in range(2)]
    ends = [process.communicate(timeout=60) for process in processes]
    assert sorted(ends) == [("deleted\n", ""), ("too late\n", "")]
    assert (registry.models(), len(registry.load_content(better.id).tensors)) == ([better], 3)


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path, server: str) -> None:
    from zoo.errors import RegistryError

    with pytest.raises(RegistryError) as caught:
        open_registry(f"postgresql://zoo@/zoo?host={tmp_path}", tmp_path / "artifacts")
    assert len(str(caught.value).splitlines()) == 1
