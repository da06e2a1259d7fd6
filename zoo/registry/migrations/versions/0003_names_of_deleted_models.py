"""Runs and aliases name models that may have been deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RUNS = sa.table(
    "runs",
    sa.column("model_id", sa.String),
    sa.column("made_id", sa.String),
)


def upgrade() -> None:
    op.add_column("runs", sa.Column("made_id", sa.String(length=12), nullable=True))
    op.execute(sa.update(_RUNS).values(made_id=_RUNS.c.model_id))
    # SQLite recreates the tables as described here.
    with op.batch_alter_table("runs", copy_from=_runs()) as batch:
        batch.drop_constraint(op.f("fk_runs_parent_id_models"), type_="foreignkey")
        batch.create_unique_constraint(op.f("uq_runs_made_id"), ["made_id"])
    with op.batch_alter_table("aliases", copy_from=_aliases()) as batch:
        batch.drop_constraint(op.f("fk_aliases_model_id_models"), type_="foreignkey")


def _aliases() -> sa.Table:
    """The table with the foreign key, before the change."""
    key = sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_aliases_model_id_models"))
    return sa.Table(
        "aliases",
        _others(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("model_id", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aliases")),
        key,
        sa.Index(op.f("ix_aliases_model_id"), "model_id"),
    )


def _runs() -> sa.Table:
    """The table with the foreign key of parents, before the change."""
    parents = sa.ForeignKeyConstraint(["parent_id"], ["models.id"], name=op.f("fk_runs_parent_id_models"))
    return sa.Table(
        "runs",
        _others(),
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
        parents,
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_runs_search_id_searches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("model_id", name=op.f("uq_runs_model_id")),
        sa.UniqueConstraint("search_id", "trial_id", name=op.f("uq_runs_search_id_trial_id")),
        sa.Index(op.f("ix_runs_dataset_id"), "dataset_id"),
        sa.Index(op.f("ix_runs_parent_id"), "parent_id"),
    )


def _run_columns() -> list[sa.Column[object]]:
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
    ]


def _others() -> sa.MetaData:
    """The tables that foreign keys point at."""
    metadata = sa.MetaData()
    sa.Table("datasets", metadata, sa.Column("id", sa.Integer(), primary_key=True))
    for name in ("models", "searches"):
        sa.Table(name, metadata, sa.Column("id", sa.String(length=12), primary_key=True))
    return metadata
