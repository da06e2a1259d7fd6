"""Brings a database to the newest schema with Alembic, which is the only way that tables come to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import RegistryError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine


def migrations() -> Config:
    """Alembic's configuration; its folder travels inside this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "zoo.registry:migrations")
    return config


def upgrade(engine: Engine, shown: str, version: str | None) -> None:
    """Run the migrations that the database has not had, in one transaction: all of them or none.

    Args:
        engine: one whose transactions lock the database from the start, so that of two processes that upgrade
            at once the second finds nothing left to do.
        shown: the registry's name in messages.
        version: the revision that the database has; None for an empty one.

    Raises:
        RegistryError: the revision is none of ours, so the registry is from a newer zoo.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = migrations()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise RegistryError(
            f"the registry {shown} is from a newer zoo (schema {version}): upgrade keras-zoo "
            "(pip install --upgrade keras-zoo), or name another registry with --registry"
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
