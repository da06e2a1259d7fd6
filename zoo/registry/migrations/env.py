"""Alembic's environment: zoo's tables, on the connection that `zoo.registry.upgrade` opens."""

from __future__ import annotations

from alembic import context

from zoo.registry.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by recreating it
)
with context.begin_transaction():
    context.run_migrations()
