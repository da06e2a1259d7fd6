from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import IntegrityError

from tests.registry import builders
from zoo.errors import NotFoundError
from zoo.interfaces import Objective, RunKind
from zoo.registry import Registry, open_registry
from zoo.registry.database import open_database
from zoo.registry.schema import (
    SCHEMA_VERSION,
    Base,
    DatasetRow,
    EpochRow,
    MetricRow,
    RunRow,
)
from zoo.registry.upgrade import migrations

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ScriptDirectory.from_config(migrations())


def test_schema_version_is_alembics_head() -> None:
    assert SCRIPTS.get_current_head() == SCHEMA_VERSION


def test_migrations_make_exactly_the_tables_of_the_schema(registry: Registry) -> None:
    with create_engine(f"sqlite:///{registry.url}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_make_the_check_constraints_of_the_schema(registry: Registry) -> None:
    with sqlite3.connect(registry.url) as connection:
        sql = " ".join(
            row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        )
    names = {str(c.name) for table in Base.metadata.tables.values() for c in table.constraints if c.name}
    assert {name for name in names if f"CONSTRAINT {name} " not in sql} == set()


def test_every_schema_version_has_a_database_kept_for_tests() -> None:
    versions = {script.revision for script in SCRIPTS.walk_revisions()}
    assert {path.stem for path in ASSETS.glob("*.sql")} == versions


@pytest.mark.parametrize("version", sorted(path.stem for path in ASSETS.glob("*.sql")))
def test_a_database_of_an_earlier_schema_is_brought_up_to_date(tmp_path: Path, version: str) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / f"{version}.sql").read_text())
    with open_registry(path) as registry:
        model = registry.model("digits@champion")
        trial = registry.run(model.run_id)
        assert (model.metrics["val_accuracy"], trial.search_id) == (0.9, registry.searches()[0].id)


def test_an_upgrade_keeps_the_objective_of_each_search_and_the_scores_of_its_trials(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / "0001.sql").read_text())
        connection.execute(
            "INSERT INTO searches SELECT 'ffffffffffff', dataset_id, architecture, architecture_version, plugin, "
            "algorithm, 'val_loss', 'min', trials, epochs, seed, fixed, space, settings, environment, state, owner, "
            "'2027-01-01 00:00:00', finished_at, error FROM searches"
        )
    with open_registry(path) as registry:
        newer, older = registry.searches()
        (trial,) = registry.runs(search=older.id)
    assert [newer.plan.objectives, older.plan.objectives] == [
        (Objective("val_loss", "min"),),
        (Objective("val_accuracy", "max"),),
    ]
    assert (trial.score, trial.scores, trial.owner) == (0.9, {"val_accuracy": 0.9}, "")


def test_a_trial_of_an_earlier_schema_came_after_those_before_it(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / "0001.sql").read_text())
        connection.execute("UPDATE runs SET trial_number = 5 WHERE kind = 'trial'")
    with open_registry(path) as registry:
        (run,) = registry.runs(kind=RunKind.TRIAL)
    assert run.trial is not None
    assert (run.trial.origin, run.trial.after) == (None, 4)


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_upgrade_remembers_the_names_of_models(tmp_path: Path, version: str) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / f"{version}.sql").read_text())
    with open_registry(path) as registry:
        champion = registry.model("digits@champion")
        (failed,) = registry.runs(kind=RunKind.FINETUNE)
        registry.delete_models([champion.id], force=True)
        oldest = registry.lineage(failed.id)
    assert (oldest.model_id, oldest.deleted, oldest.run and oldest.run.id) == (
        champion.id,
        True,
        champion.run_id,
    )
    assert [child.run for child in oldest.children] == [failed]


def test_a_kept_registry_names_a_deleted_model_between_two_others(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / "0003.sql").read_text())
    with open_registry(path) as registry:
        oldest = registry.lineage("digits@champion")
        with pytest.raises(NotFoundError, match="which was deleted"):
            registry.model("digits@runner-up")
    (middle,) = oldest.children
    assert (oldest.deleted, middle.deleted, [one.deleted for one in middle.children]) == (
        False,
        True,
        [False],
    )


def downgrade(registry: Registry, version: str) -> None:
    config = migrations()
    with create_engine(f"sqlite:///{registry.url}").begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)


def test_a_downgrade_keeps_the_first_objective(registry: Registry) -> None:
    registry.start_search(builders.search_plan(), builders.record_digits(registry))
    downgrade(registry, "0001")
    with sqlite3.connect(registry.url) as connection:
        found = connection.execute("SELECT objective_name, objective_direction FROM searches").fetchall()
    assert found == [("val_accuracy", "max")]


def test_a_downgrade_forgets_the_names_of_deleted_models(registry: Registry) -> None:
    digits = builders.record_digits(registry)
    parent, kept = builders.add_model(registry, digits), builders.add_model(registry, digits, seed=1)
    children = [builders.add_model(registry, digits, parent_id=one.id) for one in (parent, kept)]
    for model in (parent, kept):
        registry.set_alias(model.id, f"alias-of-{model.id}")
    registry.delete_models([parent.id], force=True)
    downgrade(registry, "0002")
    with sqlite3.connect(registry.url) as connection:
        parents = dict(connection.execute("SELECT model_id, parent_id FROM runs").fetchall())
        aliases = connection.execute("SELECT name FROM aliases").fetchall()
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    assert [parents[child.id] for child in children] == [None, kept.id]
    assert (aliases, broken) == ([(f"alias-of-{kept.id}",)], [])


def test_an_empty_file_is_filled_with_tables(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    with open_registry(tmp_path / "registry.db") as registry:
        assert registry.models() == []


def test_downgrading_leaves_no_table(registry: Registry) -> None:
    downgrade(registry, "base")
    with sqlite3.connect(registry.url) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("alembic_version",)]


def test_a_moment_comes_back_as_utc(registry: Registry) -> None:
    digits = builders.record_digits(registry)
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    database = open_database(registry.url, create=False)
    with database.writing() as session:
        session.get_one(DatasetRow, digits.id).created_at = moment
    with database.reading() as session:
        found = session.scalar(select(DatasetRow.created_at))
    assert (found, found and found.tzinfo) == (moment, UTC)


def _run(model_id: str | None = None, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": "0" * 12,
        "kind": "train",
        "dataset_id": 1,
        "architecture": "convnet",
        "architecture_version": "1",
        "plugin": "",
        "hyperparameters": {},
        "settings": {},
        "environment": {},
        "state": "running",
        "started_at": datetime.now(UTC),
        "model_id": model_id,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("table", "values"),
    [
        pytest.param(RunRow, _run(dataset_id=99), id="run of no dataset"),
        pytest.param(RunRow, _run(state="asleep"), id="run in no state"),
        pytest.param(RunRow, _run(kind="nap"), id="run of no kind"),
        pytest.param(RunRow, _run("MODEL"), id="model of a run that is not completed"),
        pytest.param(RunRow, _run("MODEL", state="completed"), id="two runs of one model"),
        pytest.param(RunRow, _run(made_id="MODEL"), id="two runs that made one model"),
        pytest.param(
            EpochRow, {"run_id": "RUN", "number": 1, "metrics": {}, "seconds": 1.0}, id="epoch twice"
        ),
        pytest.param(
            EpochRow, {"run_id": "none", "number": 1, "metrics": {}, "seconds": 1.0}, id="epoch of no run"
        ),
        pytest.param(
            MetricRow,
            {"model_id": "MODEL", "dataset_id": 1, "split": "validation", "name": "loss"},
            id="metric twice",
        ),
        pytest.param(
            MetricRow,
            {"model_id": "MODEL", "dataset_id": 1, "split": "dev", "name": "loss"},
            id="metric of no split",
        ),
        pytest.param(
            DatasetRow,
            {
                "name": "digits",
                "version": 2,
                "fingerprint": "a" * 64,
                "source": "",
                "class_names": [],
                "counts": {},
                "created_at": datetime.now(UTC),
            },
            id="content of a dataset twice",
        ),
    ],
)
def test_the_database_refuses(registry: Registry, table: type[Base], values: dict[str, object]) -> None:
    digits = builders.record_digits(registry)
    model = builders.add_model(registry, digits, loss=0.1)
    run = registry.start_run(builders.run_plan(), digits)
    with open_database(registry.url, create=False).writing() as session:
        session.execute(insert(EpochRow).values(run_id=run.id, number=1, metrics={}, seconds=1.0))
    named = {"MODEL": model.id, "RUN": run.id}
    filled = {
        key: named.get(value, value) if isinstance(value, str) else value for key, value in values.items()
    }
    database = open_database(registry.url, create=False)
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(insert(table).values(**filled))


def test_a_trial_is_one_row_of_its_search(registry: Registry) -> None:
    digits = builders.record_digits(registry)
    search = registry.start_search(builders.search_plan(), digits)
    registry.start_trial(search.id, builders.trial(1), builders.run_plan())
    database = open_database(registry.url, create=False)
    again = _run(kind="trial", search_id=search.id, trial_id=builders.trial(1).trial_id)
    with pytest.raises(IntegrityError, match="trial_id"), database.writing() as session:
        session.execute(insert(RunRow).values(**again))
