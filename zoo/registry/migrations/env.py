"""What Alembic runs for each migration: our tables, on the connection that zoo.registry.upgrade gives."""

from __future__ import annotations

from alembic import context

from zoo.registry.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
