"""The open database and the artifact store on which every method of the registry works."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.database import Database


class RegistryBase:
    """An open database, which `close` closes, and an artifact store."""

    def __init__(self, database: Database, artifacts: ArtifactStore) -> None:
        self._database = database
        self.url = database.location.shown
        self.artifacts = artifacts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()
