"""The registry's methods for models, their evaluations and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from zoo.errors import ArtifactError
from zoo.registry import (
    datasets,
    deleting,
    dropping,
    ids,
    layers,
    lineage,
    manifest,
    metrics,
    models,
    selection,
)
from zoo.registry.methods.base import RegistryBase
from zoo.registry.schema import ModelRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from zoo.interfaces import DatasetVersion, Evaluation, LayerInfo, Lineage, Model, ModelContent
    from zoo.interfaces.freezing import Freezable
    from zoo.registry.metrics import Measurement

Part = TypeVar("Part")


class ModelMethods(RegistryBase):
    """Listing, choosing, naming, reading and deleting models."""

    def models(
        self, *, dataset: str | None = None, architecture: str | None = None, limit: int | None = None
    ) -> list[Model]:
        """Models, newest first. `dataset` is a reference; models of all its versions are listed."""
        with self._database.reading() as session:
            name = None if dataset is None else datasets.find(session, dataset).name
            return models.listed(session, dataset=name, architecture=architecture, limit=limit)

    def best(
        self,
        dataset_ref: str,
        *,
        metric: str = selection.DEFAULT_METRIC,
        architecture: str | None = None,
        max_params: int | None = None,
        max_size_mb: float | None = None,
        version: int | str | None = None,
    ) -> Model:
        """The model with the best validation metric on one version of a dataset.

        See `zoo.registry.selection.best` for ties, directions and errors.

        Args:
            version: a number; "all" compares models of all versions, each by its own version's validation split;
                None: the newest.
        """
        limits = selection.Limits(architecture, max_params, max_size_mb)
        with self._database.reading() as session:
            if version == "all":
                versions = datasets.versions(session, datasets.find(session, dataset_ref).name)
            else:
                versions = [datasets.find(session, dataset_ref, None if version is None else int(version))]
            return models.to_models(session, [selection.best(session, versions, metric, limits)])[0]

    def children(self, model_id: str) -> list[Model]:
        """Models fine-tuned from this one, newest first."""
        with self._database.reading() as session:
            return models.children(session, ids.get(session, ModelRow, model_id).id)

    def drop_models(self, model_ids: Collection[str]) -> None:
        """Delete models that are not in use, and those of their tensors that no other model needs; their runs stay.

        A model is in use if it has or had an alias, or if another run started from it. If the manifest of any model
        cannot be read, nothing is deleted, because the tensors which that model needs are unknown.
        """
        dropping.drop(self._database, self.artifacts, model_ids)

    def delete_models(self, model_ids: Collection[str], *, force: bool = False) -> None:
        """Delete all of the models or none, and those of their tensors that no other model needs.

        Their runs stay, and so do models that were fine-tuned from them, which still name their parents. An alias of
        a deleted model names nothing until it is set on another model.

        Args:
            force: also delete a model that has an alias, or from which an unfinished search may continue.

        Raises:
            RegistryError: a model has an alias, or a search may continue from it, and `force` is false.
            ArtifactError: the models are deleted, but some of their tensors could not be.
        """
        deleting.delete(self._database, self.artifacts, model_ids, force=force)

    def lineage(self, ref: str) -> Lineage:
        """The tree of a model's ancestors and descendants, rooted at the oldest ancestor.

        Args:
            ref: a reference as in `find`, or the id of a deleted model; a run stands for its model, a search for its
                best one.

        Raises:
            NotFoundError: as `find` does, or the search has no model.
        """
        with self._database.reading() as session:
            return lineage.tree(session, ref)

    def set_alias(self, model_id: str, name: str) -> None:
        """Move an alias, within the model's dataset, to this model.

        Raises:
            RegistryError: the name is reserved or has characters that an alias cannot have.
        """
        with self._database.writing() as session:
            models.set_alias(session, ids.get(session, ModelRow, model_id), name)

    def record_evaluation(self, model_id: str, dataset: DatasetVersion, evaluation: Evaluation) -> None:
        """Record an evaluation; it replaces an older one on the same split of the same dataset version."""
        with self._database.writing() as session:
            metrics.replace(session, ids.get(session, ModelRow, model_id), dataset.id, evaluation)

    def metrics(self, model_id: str) -> list[Measurement]:
        """All measurements of a model, on any dataset."""
        with self._database.reading() as session:
            return metrics.of_model(session, ids.get(session, ModelRow, model_id).id)

    def load_content(self, model_id: str) -> ModelContent:
        """A model's weights and everything needed to use them; every SHA-256 is checked.

        Raises:
            ArtifactError: a blob is missing or damaged; the message names it and the model.
        """
        with self._database.reading() as session:
            digest = ids.get(session, ModelRow, model_id).manifest
        try:
            return manifest.load_content(self.artifacts, digest)
        except ArtifactError as error:
            raise ArtifactError(f"model {model_id}: {error}") from error

    def layers(self, model_id: str) -> tuple[LayerInfo, ...]:
        """A model's layers, from input to output, as `--freeze` counts and names them; no tensor is read.

        Raises:
            ArtifactError: its manifest is missing or damaged; the message names it and the model.
        """
        return self._read_manifest(model_id, layers.of_manifest)

    def freezable(self, model_id: str) -> Freezable:
        """The parts of a model that `--freeze` can name; no tensor is read.

        Raises:
            ArtifactError: its manifest is missing or damaged; the message names it and the model.
        """
        return self._read_manifest(model_id, layers.freezable)

    def _read_manifest(self, model_id: str, read: Callable[[manifest.Manifest], Part]) -> Part:
        with self._database.reading() as session:
            digest = ids.get(session, ModelRow, model_id).manifest
        try:
            return read(manifest.read_manifest(self.artifacts, digest))
        except ArtifactError as error:
            raise ArtifactError(f"model {model_id}: {error}") from error
