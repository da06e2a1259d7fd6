"""Several objectives and architectures in a search, its first trials, owners of runs, and the blobs of models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEARCHES = sa.table(
    "searches",
    sa.column("id", sa.String),
    sa.column("objective_name", sa.String),
    sa.column("objective_direction", sa.String),
    sa.column("objectives", sa.JSON),
)
_RUNS = sa.table(
    "runs",
    sa.column("search_id", sa.String),
    sa.column("id", sa.String),
    sa.column("score", sa.Double),
    sa.column("scores", sa.JSON),
)


def upgrade() -> None:
    op.add_column("runs", sa.Column("scores", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("owner", sa.String(length=255), nullable=True))
    op.add_column("searches", sa.Column("objectives", sa.JSON(), nullable=True))
    _fill_objectives()
    _change_searches()
    op.add_column("searches", sa.Column("first", sa.JSON(), nullable=True))
    op.create_table(
        "tensors",
        sa.Column("model_id", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_tensors_model_id_models")),
        sa.PrimaryKeyConstraint("model_id", "digest", name=op.f("pk_tensors")),
    )
    op.create_index(op.f("ix_tensors_digest"), "tensors", ["digest"], unique=False)


def _fill_objectives() -> None:
    connection = op.get_bind()
    query = sa.select(_SEARCHES.c.id, _SEARCHES.c.objective_name, _SEARCHES.c.objective_direction)
    for search_id, name, direction in connection.execute(query).all():
        connection.execute(
            sa.update(_SEARCHES).where(_SEARCHES.c.id == search_id).values(objectives=[[name, direction]])
        )
        scored = sa.select(_RUNS.c.id, _RUNS.c.score).where(
            _RUNS.c.search_id == search_id, _RUNS.c.score.is_not(None)
        )
        for run_id, score in connection.execute(scored).all():
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run_id).values(scores={name: score}))


def _change_searches() -> None:
    # SQLite recreates the table as described here; other databases drop the check of a column together with the column.
    with op.batch_alter_table("searches", copy_from=_searches()) as batch:
        batch.alter_column("objectives", existing_type=sa.JSON(), nullable=False)
        batch.alter_column("architecture", existing_type=sa.String(length=255), type_=sa.Text())
        batch.alter_column("architecture_version", existing_type=sa.String(length=255), type_=sa.Text())
        batch.drop_column("objective_name")
        batch.drop_column("objective_direction")


def _searches() -> sa.Table:
    """The table while it has the columns of both revisions."""
    metadata = sa.MetaData()
    sa.Table("datasets", metadata, sa.Column("id", sa.Integer(), primary_key=True))
    return sa.Table(
        "searches",
        metadata,
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("architecture", sa.String(length=255), nullable=False),
        sa.Column("architecture_version", sa.String(length=255), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.String(length=32), nullable=False),
        sa.Column("objective_name", sa.String(length=64), nullable=True),
        sa.Column("objective_direction", sa.String(length=3), nullable=True),
        sa.Column("objectives", sa.JSON(), nullable=True),
        sa.Column("trials", sa.Integer(), nullable=False),
        sa.Column("epochs", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("fixed", sa.JSON(), nullable=False),
        sa.Column("space", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("environment", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
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
