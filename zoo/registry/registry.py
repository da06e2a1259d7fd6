"""The registry as the rest of zoo sees it: one method for each thing to record or to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.registry import models, references, runs, searches
from zoo.registry.methods.datasets import DatasetMethods
from zoo.registry.methods.models import ModelMethods
from zoo.registry.methods.runs import RunMethods
from zoo.registry.methods.searches import SearchMethods
from zoo.registry.schema import ModelRow, RunRow

if TYPE_CHECKING:
    from zoo.interfaces import Model, Run, Search

DEFAULT_REGISTRY = "registry.db"
DEFAULT_ARTIFACTS = "artifacts"


class Registry(DatasetMethods, RunMethods, SearchMethods, ModelMethods):
    """An open registry; made by `open_registry`. Close it, or use it in a `with` statement.

    Every method is one transaction, so another process sees all of it or nothing.

    Raises:
        RegistryError: in any method: the database cannot be read or written.
        NotFoundError: in any method: no row has the given id.
    """

    def model(self, ref: str) -> Model:
        """The model that a reference names: an id, a prefix of one, `DATASET@best` or `DATASET@ALIAS`.

        Raises:
            NotFoundError: no model matches, or several do; the message lists the matches.
            UnknownNameError: the dataset or the alias is unknown.
        """
        with self._database.reading() as session:
            return models.to_models(session, [references.model(session, ref)])[0]

    def run(self, ref: str) -> Run:
        """The run with this id, or with this prefix of its id; raises NotFoundError."""
        with self._database.reading() as session:
            return runs.to_run(session, references.run(session, ref))

    def search(self, ref: str) -> Search:
        """The search with this id, or with this prefix of its id; raises NotFoundError."""
        with self._database.reading() as session:
            return searches.to_searches(session, [references.search(session, ref)])[0]

    def find(self, ref: str) -> Model | Run | Search:
        """The model, run or search that the reference names; raises as `model` does."""
        with self._database.reading() as session:
            row = references.anything(session, ref)
            if isinstance(row, ModelRow):
                return models.to_models(session, [row])[0]
            if isinstance(row, RunRow):
                return runs.to_run(session, row)
            return searches.to_searches(session, [row])[0]
