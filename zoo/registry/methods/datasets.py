"""The registry's methods for datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.registry import datasets
from zoo.registry.methods.base import RegistryBase

if TYPE_CHECKING:
    from collections.abc import Collection

    from zoo.interfaces import DatasetContent, DatasetVersion


class DatasetMethods(RegistryBase):
    """Recording and finding versions of datasets."""

    def record_dataset(self, content: DatasetContent, taken: Collection[str] = ()) -> DatasetVersion:
        """Return the version of a dataset that has this content, and record it if it is new.

        Changed content of a known source becomes the next version of its dataset. New content from a new source gets
        the name in `content`, or, if that name is in use or in `taken`, the next free one of name-2, name-3, ….
        """
        with self._database.writing() as session:
            return datasets.record(session, content, taken)

    def add_dataset(self, content: DatasetContent, *, replace: bool = False) -> DatasetVersion:
        """Record a dataset under exactly this name.

        Args:
            replace: let the dataset become the next version of a name that another source has.

        Raises:
            RegistryError: the name belongs to another source and `replace` is false.
        """
        with self._database.writing() as session:
            return datasets.add(session, content, replace=replace)

    def datasets(self) -> list[DatasetVersion]:
        """All versions of all datasets, by name and version."""
        with self._database.reading() as session:
            return datasets.all_versions(session)

    def dataset_sources(self) -> dict[str, str]:
        """Name -> source of every dataset."""
        with self._database.reading() as session:
            return {name: row.source for name, row in datasets.newest_versions(session).items()}

    def dataset(self, ref: str, version: int | None = None) -> DatasetVersion:
        """A version of the dataset with this name or path, by default the newest.

        Raises:
            UnknownNameError: no dataset of this name or path is recorded.
            NotFoundError: it has no such version.
        """
        with self._database.reading() as session:
            return datasets.find(session, ref, version)
