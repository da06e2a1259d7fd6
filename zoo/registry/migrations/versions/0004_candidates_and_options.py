"""Candidates and options as values of their own, in place of texts with commas and one dictionary of settings.

A search that cannot be read is left alone: its row keeps the old columns in `unread`, with the reason.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = Mapping[str, Any]  # what an older zoo stored
    Document = dict[str, object]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON(none_as_null=True)
_OLD_SEARCH: dict[str, sa.types.TypeEngine[Any]] = {
    "architecture": sa.Text(),
    "architecture_version": sa.Text(),
    "plugin": sa.Text(),
    "algorithm": sa.String(length=32),
    "objectives": sa.JSON(),
    "trials": sa.Integer(),
    "epochs": sa.Integer(),
    "seed": sa.BigInteger(),
    "settings": sa.JSON(),
}
_JSON_OF_SEARCH = ("objectives", "settings")
_NEW_SEARCH = ("candidates", "options", "training", "data_check", "unread")
_NEW_RUN: dict[str, sa.types.TypeEngine[Any]] = {
    "image_size": sa.Integer(),
    "channels": sa.Integer(),
    "weights": _DOCUMENT,
    "keeps_head": sa.Boolean(),
    "preset": sa.String(length=255),
    "training": sa.JSON(),
    "data_check": sa.JSON(),
}
_REQUIRED_OF_RUN = ("image_size", "channels", "training", "data_check")

_SEARCHES = sa.table(
    "searches",
    sa.column("id", sa.String),
    *(sa.column(name, kind) for name, kind in _OLD_SEARCH.items()),
    *(sa.column(name, _DOCUMENT) for name in _NEW_SEARCH),
)
_RUNS = sa.table(
    "runs",
    sa.column("id", sa.String),
    sa.column("search_id", sa.String),
    sa.column("architecture", sa.String),
    sa.column("parent_id", sa.String),
    sa.column("model_id", sa.String),
    sa.column("settings", sa.JSON),
    *(sa.column(name, kind) for name, kind in _NEW_RUN.items()),
)
_MODELS = sa.table(
    "models",
    sa.column("id", sa.String),
    sa.column("image_size", sa.Integer),
    sa.column("channels", sa.Integer),
)


def upgrade() -> None:
    for name in _NEW_SEARCH:
        op.add_column("searches", sa.Column(name, _DOCUMENT, nullable=True))
    for name, kind in _NEW_RUN.items():
        op.add_column("runs", sa.Column(name, kind, nullable=True))
    shapes = _shapes_of_models()
    _fill_searches(shapes)
    _fill_runs(shapes)
    # SQLite recreates the tables as described here.
    with op.batch_alter_table("searches", copy_from=_searches()) as batch:
        for name in _OLD_SEARCH:
            batch.drop_column(name)
    with op.batch_alter_table("runs", copy_from=_runs()) as batch:
        for name in _REQUIRED_OF_RUN:
            batch.alter_column(name, existing_type=_NEW_RUN[name], nullable=False)
        batch.drop_column("settings")


def _shapes_of_models() -> dict[str, Document]:
    """Model id -> the images that it takes."""
    rows = op.get_bind().execute(sa.select(_MODELS)).mappings()
    return {row["id"]: {"image_size": row["image_size"], "channels": row["channels"]} for row in rows}


# Searches ---------------------------------------------------------------------------------------------------


def _fill_searches(shapes: Mapping[str, Document]) -> None:
    connection = op.get_bind()
    columns = [_as_text(_SEARCHES.c[name]) for name in ("id", *_OLD_SEARCH)]
    for texts in connection.execute(sa.select(*columns)).mappings().all():
        row = {**texts, **{name: _parsed(texts[name]) for name in _JSON_OF_SEARCH}}
        taken = {name: shapes[model] for name, model in _models_of(row["id"]) if model in shapes}
        try:
            values = _search(row, taken)
        except ValueError as error:
            values = {"unread": {**{name: row[name] for name in _OLD_SEARCH}, "reason": str(error)}}
        connection.execute(sa.update(_SEARCHES).where(_SEARCHES.c.id == row["id"]).values(**values))


def _models_of(search_id: str) -> list[tuple[str, str]]:
    """The architecture and the model of each trial that has one."""
    query = sa.select(_RUNS.c.architecture, _RUNS.c.model_id).where(_RUNS.c.search_id == search_id)
    return [(name, model) for name, model in op.get_bind().execute(query).all() if model]


def _search(row: Row, taken: Mapping[str, Document]) -> Document:
    settings, names = _settings(row["settings"]), row["architecture"].split(",")
    versions = [row["architecture_version"]] if len(names) == 1 else row["architecture_version"].split(",")
    if len(names) != len(versions):
        raise ValueError(f"{len(names)} architectures have {len(versions)} versions")
    return {
        "candidates": [
            _candidate(name, version, row["plugin"], {**taken.get(name, {}), **_own(settings, name)})
            for name, version in zip(names, versions, strict=True)
        ],
        "options": {
            "algorithm": row["algorithm"],
            "trials": row["trials"],
            "objectives": _objectives(row["objectives"]),
            "pruner": str(settings.get("pruner") or "none"),
            "max_seconds": _number(float, settings, "max_seconds"),
            "target": _number(float, settings, "target"),
            "keep": _number(int, settings, "keep"),
            "warm_start": True,
        },
        "training": _training({**settings, "epochs": row["epochs"], "seed": row["seed"]}),
        "data_check": _data_check(settings),
    }


def _own(settings: Row, name: str) -> Row:
    """The settings as they are for this architecture: its own have its name in front."""
    prefix = f"{name}/"
    shared = {key: value for key, value in settings.items() if "/" not in key}
    own = {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}
    return {**shared, **own}


def _candidate(name: str, version: str, plugin: str, settings: Row) -> Document:
    return {
        "architecture": name,
        "version": version,
        "plugin": plugin,
        "image_size": _number(int, settings, "image_size", 0),
        "channels": _number(int, settings, "channels", 0),
        "weights": _weights(settings),
        "parent_id": settings.get("parent"),
        "keeps_head": settings.get("keeps_head"),
    }


# Runs -------------------------------------------------------------------------------------------------------


def _fill_runs(shapes: Mapping[str, Document]) -> None:
    connection = op.get_bind()
    columns = (_RUNS.c.id, _as_text(_RUNS.c.settings), _RUNS.c.parent_id, _RUNS.c.model_id)
    for run_id, settings, parent_id, model_id in connection.execute(sa.select(*columns)).all():
        shape = shapes.get(model_id) or shapes.get(parent_id) or {}
        known = {"image_size": 0, "channels": 0, **shape}
        try:
            values = _run({**known, **_settings(_parsed(settings))})
        except ValueError:  # nobody's run; it keeps its place in the lineage and in its search
            values = _run(known)
        connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run_id).values(**values))


def _run(settings: Row) -> Document:
    return {
        "image_size": settings["image_size"],
        "channels": settings["channels"],
        "weights": _weights(settings),
        "keeps_head": settings.get("keeps_head"),
        "preset": settings.get("preset"),
        "training": _training(settings),
        "data_check": _data_check(settings),
    }


# What both have ---------------------------------------------------------------------------------------------


def _as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of JSON as its text, which SQLite does not check; any other column as it is."""
    return sa.cast(column, sa.Text).label(column.name) if isinstance(column.type, sa.JSON) else column


def _parsed(text: str | None) -> Any:
    """The value of the JSON; the text itself if it is not JSON."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return text


def _training(settings: Row) -> Document:
    class_weights = _choice(settings, "class_weights", None, "balanced")
    oversample = bool(settings.get("oversample"))
    if class_weights and oversample:
        raise ValueError("class_weights and oversample exclude each other")
    return {
        "epochs": _number(int, settings, "epochs", 20),
        "seed": _number(int, settings, "seed", 0),
        "patience": _number(int, settings, "patience", 10),
        "image_size": None,
        "sampling": {
            "class_weights": class_weights,
            "oversample": oversample,
            "steps_per_epoch": _number(int, settings, "steps_per_epoch", least=1),
            "fraction": _number(float, settings, "fraction", 1.0, least=math.ulp(0.0), most=1.0),
        },
        "features": {
            "mode": _choice(settings, "cache_features", "auto", "on", "off"),
            "dtype": _choice(settings, "cache_dtype", "float32", "float16"),
            "copies": _number(int, settings, "cache_views", least=1),
        },
    }


def _settings(settings: Any) -> Row:  # what was stored may be anything
    if not isinstance(settings, dict):
        raise ValueError(f"settings is no dictionary: {settings!r}")  # noqa: TRY004  as for any fault of a row
    return settings


def _objectives(objectives: Any) -> object:  # as above
    try:
        readable = bool(objectives) and all(direction in ("max", "min") for _, direction in objectives)
    except (TypeError, ValueError):
        readable = False
    if not readable:
        raise ValueError(f"objectives is no list of names and directions: {objectives!r}")
    return objectives


def _choice(settings: Row, name: str, default: str | None, *others: str) -> str | None:
    value: str | None = settings.get(name) or default
    if value not in (default, *others):
        raise ValueError(f"{name} has an unknown value: {value!r}")
    return value


def _weights(settings: Row) -> Document | None:
    if settings.get("weights") is None:
        return None
    return {"shown": settings["weights"], "sha256": settings.get("weights_sha256")}


def _data_check(settings: Row) -> dict[str, int]:
    """`test-in-train:2,unreadable:1` as name -> count."""
    pairs = (pair.rpartition(":") for pair in str(settings.get("data_check") or "").split(",") if pair)
    leaked = {"test-in-train": settings["leaked_test_images"]} if settings.get("leaked_test_images") else {}
    return {**{check: int(count) for check, _, count in pairs}, **leaked}


def _number(
    kind: Callable[[Any], float],
    settings: Row,
    name: str,
    default: float | None = None,
    *,
    least: float = -math.inf,
    most: float = math.inf,
) -> float | None:
    value = settings.get(name)
    if value is None:
        return default
    try:
        number = kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is no number: {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{name} is out of range: {value!r}")
    return number


# The tables while they have the columns of both revisions ----------------------------------------------------


def _searches() -> sa.Table:
    return sa.Table(
        "searches",
        _others(),
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in _OLD_SEARCH.items()),
        sa.Column("fixed", sa.JSON(), nullable=False),
        sa.Column("space", sa.JSON(), nullable=False),
        sa.Column("environment", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("first", sa.JSON(), nullable=True),
        *(sa.Column(name, _DOCUMENT, nullable=True) for name in _NEW_SEARCH),
        sa.CheckConstraint(
            "state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')",
            name=op.f("ck_searches_state"),
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_searches_dataset_id_datasets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sa.Index(op.f("ix_searches_dataset_id"), "dataset_id"),
    )


def _runs() -> sa.Table:
    return sa.Table(
        "runs",
        _others("models", "searches"),
        *_run_columns(),
        sa.CheckConstraint("kind IN ('train', 'trial', 'finetune')", name=op.f("ck_runs_kind")),
        sa.CheckConstraint(
            "model_id IS NULL OR state = 'completed'", name=op.f("ck_runs_model_of_completed")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')", name=op.f("ck_runs_state")
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_runs_dataset_id_datasets")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_runs_model_id_models")),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_runs_search_id_searches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("model_id", name=op.f("uq_runs_model_id")),
        sa.UniqueConstraint("made_id", name=op.f("uq_runs_made_id")),
        sa.UniqueConstraint("search_id", "trial_id", name=op.f("uq_runs_search_id_trial_id")),
        sa.Index(op.f("ix_runs_dataset_id"), "dataset_id"),
        sa.Index(op.f("ix_runs_parent_id"), "parent_id"),
    )


def _run_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("architecture", sa.String(length=255), nullable=False),
        sa.Column("architecture_version", sa.String(length=255), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("hyperparameters", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("environment", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.String(length=12), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_id", sa.String(length=12), nullable=True),
        sa.Column("trial_id", sa.String(length=255), nullable=True),
        sa.Column("trial_number", sa.Integer(), nullable=True),
        sa.Column("trial", sa.JSON(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("model_id", sa.String(length=12), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("made_id", sa.String(length=12), nullable=True),
        *(sa.Column(name, kind, nullable=True) for name, kind in _NEW_RUN.items()),
    ]


def _others(*names: str) -> sa.MetaData:
    """The tables that foreign keys point at: datasets, and these."""
    metadata = sa.MetaData()
    sa.Table("datasets", metadata, sa.Column("id", sa.Integer(), primary_key=True))
    for name in names:
        sa.Table(name, metadata, sa.Column("id", sa.String(length=12), primary_key=True))
    return metadata
