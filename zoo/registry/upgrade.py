"""Upgrades a database to the newest schema with Alembic, the only way in which tables are created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import RegistryError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine


def migrations() -> Config:
    """Alembic's configuration; the migrations are part of this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "zoo.registry:migrations")
    return config


def upgrade(engine: Engine, shown: str, version: str | None) -> None:
    """Run the missing migrations in one transaction: all of them or none.

    Args:
        engine: its transactions must lock the database from the start, so that if two processes upgrade at once, the
            second finds nothing left to do.
        shown: the registry's name in messages.
        version: the revision of the database; None for an empty one.

    Raises:
        RegistryError: the revision is unknown, so the registry is from a newer zoo.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = migrations()
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in revisions:
        raise RegistryError(
            f"the registry {shown} is from a newer zoo (schema {version}): upgrade keras-zoo "
            "(pip install --upgrade keras-zoo), or name another registry with --registry"
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
