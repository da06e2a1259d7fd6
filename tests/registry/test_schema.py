from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import IntegrityError

from tests.registry import builders
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

if TYPE_CHECKING:
    from zoo.registry import Registry

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


def test_a_moment_comes_back_as_utc(registry: Registry) -> None:
    digits = builders.record_digits(registry)
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    database = open_database(registry.url, create=False)
    with database.writing() as session:
        session.get_one(DatasetRow, digits.id).created_at = moment
    with database.reading() as session:
        created_at = session.scalar(select(DatasetRow.created_at))
    assert (created_at, created_at and created_at.tzinfo) == (moment, UTC)


def _run(model_id: str | None = None, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": "0" * 12,
        "kind": "train",
        "dataset_id": 1,
        "architecture": "convnet",
        "architecture_version": "1",
        "plugin": "",
        "image_size": 8,
        "channels": 1,
        "hyperparameters": {},
        "training": {},
        "data_check": {},
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
