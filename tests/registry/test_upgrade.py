"""Databases of earlier schemas are brought to the newest one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory

from zoo.errors import NotFoundError, RegistryError, SearchError
from zoo.interfaces import (
    CandidatePlan,
    FeatureOptions,
    Objective,
    RunKind,
    Sampling,
    SearchOptions,
    TrainingOptions,
    Weights,
)
from zoo.registry import Registry, open_registry
from zoo.registry.upgrade import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator


ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ScriptDirectory.from_config(migrations())


def stored(folder: Path, version: str) -> Path:
    """Write the stored database of this schema into the folder."""
    path = folder / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / f"{version}.sql").read_text())
    return path


def test_every_schema_version_has_a_stored_database_to_test_with() -> None:
    versions = {script.revision for script in SCRIPTS.walk_revisions()}
    assert {path.stem for path in ASSETS.glob("*.sql")} == versions


@pytest.mark.parametrize("version", sorted(path.stem for path in ASSETS.glob("*.sql")))
def test_a_database_of_an_earlier_schema_is_brought_up_to_date(tmp_path: Path, version: str) -> None:
    with open_registry(stored(tmp_path, version)) as registry:
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


SETTINGS_OF_TWO = {
    "epochs": 3,
    "seed": 5,
    "patience": 4,
    "class_weights": None,
    "oversample": True,
    "steps_per_epoch": 7,
    "fraction": 0.5,
    "cache_features": "on",
    "cache_dtype": "float16",
    "cache_views": 2,
    "a/image_size": 8,
    "a/channels": 1,
    "a/weights": None,
    "b/image_size": 16,
    "b/channels": 3,
    "b/weights": "/net.h5",
    "b/weights_sha256": "f" * 64,
    "data_check": "test-in-train:2,unreadable:1",
    "leaked_test_images": 2,
    "pruner": "median",
    "max_seconds": 60.0,
    "target": 0.5,
    "keep": 2,
}

TRAINING = TrainingOptions(
    epochs=3,
    seed=5,
    patience=4,
    sampling=Sampling(None, oversample=True, steps_per_epoch=7, fraction=0.5),
    features=FeatureOptions("on", "float16", copies=2),
)


@pytest.fixture
def older(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The database of schema 3, in which a test may change rows before it is opened."""
    with closing(sqlite3.connect(tmp_path / "registry.db")) as connection:
        connection.executescript((ASSETS / "0003.sql").read_text())
        yield connection


def test_an_upgrade_makes_candidates_and_options_of_a_search_of_several(
    older: sqlite3.Connection, tmp_path: Path
) -> None:
    older.execute(
        "UPDATE searches SET architecture = 'a,b', architecture_version = '1,2', epochs = 3, seed = 5, settings = ?",
        [json.dumps(SETTINGS_OF_TWO)],
    )
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        (search,) = registry.searches()
    assert search.plan.candidates == (
        CandidatePlan("a", "1", "keras-zoo 0.1.0", 8, 1),
        CandidatePlan("b", "2", "keras-zoo 0.1.0", 16, 3, Weights("/net.h5", "f" * 64)),
    )
    assert search.plan.training == TRAINING
    objectives = (Objective("val_accuracy", "max"), Objective("params", "min"))
    assert search.plan.options == SearchOptions("random", 4, objectives, "median", 60.0, 0.5, 2)
    assert search.plan.data_check == {"test-in-train": 2, "unreadable": 1}


def test_an_upgrade_makes_options_of_a_run(older: sqlite3.Connection, tmp_path: Path) -> None:
    settings = {name.removeprefix("b/"): value for name, value in SETTINGS_OF_TWO.items()}
    changes = {"keeps_head": True, "preset": "small"}
    older.execute("UPDATE runs SET settings = ?", [json.dumps({**settings, **changes})])
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        run = registry.run("c591dd4883f1")
        champion = registry.model("digits@champion")
    weights = Weights("/net.h5", "f" * 64)
    assert run.plan.candidate == CandidatePlan(
        "convnet", "1", "keras-zoo 0.1.0", 16, 3, weights, "8336d9186e6f", keeps_head=True
    )
    assert (run.plan.training, run.plan.preset) == (TRAINING, "small")
    assert (run.plan.data_check, champion.leaked_test_images) == ({"test-in-train": 2, "unreadable": 1}, 2)


def test_an_upgrade_takes_the_shape_of_images_that_was_not_recorded_from_models(
    older: sqlite3.Connection, tmp_path: Path
) -> None:
    older.execute("UPDATE searches SET settings = '{}'")
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        candidates = [registry.searches()[0].plan.candidates[0]]
        candidates += [run.plan.candidate for run in registry.runs()]
    assert {(candidate.image_size, candidate.channels) for candidate in candidates} == {(8, 1)}


def test_an_upgrade_leaves_the_comma_in_the_version_of_one_architecture(
    older: sqlite3.Connection, tmp_path: Path
) -> None:
    older.execute("UPDATE searches SET architecture_version = '1,2'")
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        (search,) = registry.searches()
    assert [candidate.version for candidate in search.plan.candidates] == ["1,2"]


INVALID_JSON = ("{", "[[")
UNREADABLE = [
    ({"architecture": "a,b,c", "architecture_version": "1,2"}, "3 architectures have 2 versions"),
    ({"settings": '{"patience": "long"}'}, "patience is no number: 'long'"),
    ({"settings": '{"fraction": 0}'}, "fraction is out of range: 0"),
    ({"settings": '{"class_weights": "some"}'}, "class_weights has an unknown value: 'some'"),
    ({"settings": "[]"}, "settings is no dictionary: []"),
    ({"settings": INVALID_JSON[0]}, "settings is no dictionary: '{'"),
    ({"objectives": INVALID_JSON[1]}, "objectives is no list of names and directions: '[['"),
    ({"objectives": '["val_loss"]'}, "objectives is no list of names and directions: ['val_loss']"),
]


@pytest.mark.parametrize(("changes", "reason"), UNREADABLE)
def test_a_search_that_cannot_be_upgraded_is_named_and_left_alone(
    older: sqlite3.Connection, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    columns = ", ".join(row[1] for row in older.execute("PRAGMA table_info(searches)") if row[1] != "id")
    older.execute(f"INSERT INTO searches (id, {columns}) SELECT 'ffffffffffff', {columns} FROM searches")
    for name, value in changes.items():
        older.execute(f"UPDATE searches SET {name} = ? WHERE id = 'ffffffffffff'", [value])
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        message = (
            f"search ffffffffffff was stored by an older zoo and cannot be read: {reason}; start a new search "
            "(its trials stay in `zoo runs`)"
        )
        assert [search.id for search in registry.searches()] == ["c9eebdbc82e6"]
        assert registry.unreadable_searches() == [message]
        for ask in (registry.search, registry.find):
            with pytest.raises(SearchError) as caught:
                ask("ffff")
            assert str(caught.value) == message
    (unread,) = older.execute("SELECT unread FROM searches WHERE id = 'ffffffffffff'").fetchone()
    stored = {
        name: json.loads(value) if name in ("settings", "objectives") and value not in INVALID_JSON else value
        for name, value in changes.items()
    }
    assert json.loads(unread).items() >= {**stored, "algorithm": "random", "trials": 4}.items()


@pytest.mark.parametrize("settings", ['{"fraction": 0}', "[]", "null", "{"])
def test_a_run_whose_options_cannot_be_upgraded_gets_defaults(
    older: sqlite3.Connection, tmp_path: Path, settings: str
) -> None:
    older.execute("UPDATE runs SET settings = ?", [settings])
    older.commit()
    with open_registry(tmp_path / "registry.db") as registry:
        assert {run.plan.training for run in registry.runs()} == {TrainingOptions()}
        assert registry.model("digits@champion").image_size == 8


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_upgrade_remembers_the_names_of_models(tmp_path: Path, version: str) -> None:
    with open_registry(stored(tmp_path, version)) as registry:
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


def test_an_upgraded_registry_names_a_deleted_model_between_two_others(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((ASSETS / "0003.sql").read_text())
    with open_registry(path) as registry:
        oldest = registry.lineage("digits@champion")
        with pytest.raises(NotFoundError, match="which was deleted"):
            registry.model("digits@runner-up")
    (middle,) = oldest.children
    assert (oldest.deleted, middle.deleted, [child.deleted for child in middle.children]) == (
        False,
        True,
        [False],
    )


def test_an_empty_file_is_filled_with_tables(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    with open_registry(tmp_path / "registry.db") as registry:
        assert registry.models() == []


def test_a_registry_of_a_newer_zoo_asks_for_an_upgrade_and_is_left_untouched(registry: Registry) -> None:
    with sqlite3.connect(registry.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    registry.close()
    before = Path(registry.url).read_bytes()
    with pytest.raises(RegistryError, match=r"is from a newer zoo \(schema 9999\): upgrade keras-zoo"):
        open_registry(registry.url)
    assert Path(registry.url).read_bytes() == before
