"""The registry as the rest of zoo sees it: one method for each thing to record or to ask."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from zoo.errors import ArtifactError
from zoo.interfaces import State
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
    prior_trials,
    references,
    runs,
    searches,
    selection,
)
from zoo.registry.schema import ModelRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from zoo.interfaces import (
        DatasetContent,
        DatasetVersion,
        Epoch,
        Evaluation,
        LayerInfo,
        Lineage,
        Model,
        ModelContent,
        Run,
        RunKind,
        RunPlan,
        Search,
        SearchPlan,
        Trial,
    )
    from zoo.interfaces.freezing import Freezable
    from zoo.interfaces.records import PriorTrial
    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.database import Database
    from zoo.registry.metrics import Measurement

Part = TypeVar("Part")

DEFAULT_REGISTRY = "registry.db"
DEFAULT_ARTIFACTS = "artifacts"


class Registry:
    """An open registry; made by `open_registry`. Close it, or use it in a `with` statement.

    Every method is one transaction, so another process sees all of it or nothing.

    Raises:
        RegistryError: in any method: the database cannot be read or written.
        NotFoundError: in any method: there is nothing of a given id.
    """

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
        """Let go of the database file."""
        self._database.close()

    # Datasets --------------------------------------------------------------------------------------------

    def record_dataset(self, content: DatasetContent, taken: Collection[str] = ()) -> DatasetVersion:
        """The version of a dataset that has this content, recorded now if it is new.

        Another content of a source is the next version. Another content from another source of the same name, or a
        name in `taken`, gets the next free name out of name-2, name-3, ….
        """
        with self._database.writing() as session:
            return datasets.record(session, content, taken)

    def add_dataset(self, content: DatasetContent, *, replace: bool = False) -> DatasetVersion:
        """Give a dataset a name; raises RegistryError where another one has it, unless `replace`."""
        with self._database.writing() as session:
            return datasets.add(session, content, replace=replace)

    def datasets(self) -> list[DatasetVersion]:
        """All versions of all datasets, by name and version."""
        with self._database.reading() as session:
            return datasets.every(session)

    def dataset_sources(self) -> dict[str, str]:
        """Name -> source of every dataset."""
        with self._database.reading() as session:
            return {name: row.source for name, row in datasets.newest_versions(session).items()}

    def dataset(self, ref: str, version: int | None = None) -> DatasetVersion:
        """A version of a dataset, given by name or path, or else the newest; raises UnknownNameError, NotFoundError."""
        with self._database.reading() as session:
            return datasets.find(session, ref, version)

    # Runs ------------------------------------------------------------------------------------------------

    def start_run(self, plan: RunPlan, dataset: DatasetVersion) -> Run:
        """Write a run down as running. It ends with `complete_run` or `end_run`."""
        with self._database.writing() as session:
            return runs.to_run(session, runs.start(session, plan, dataset))

    def resumable_run(self, ref: str) -> Run:
        """The training of an id or the start of one, if it can go on.

        Raises:
            TrainingError: it is completed, failed, a trial of a search, or another process of this machine is at it.
        """
        with self._database.reading() as session:
            run = runs.to_run(session, references.run(session, ref))
        if run.state is State.COMPLETED:
            self._forget_checkpoint(run.id)  # a kill right after its end leaves it behind
        with self._database.reading() as session:
            return runs.to_run(session, runs.resumable(session, run.id))

    def reopen_run(self, run_id: str, done: Sequence[Epoch]) -> Run:
        """Resume a training in this process.

        Args:
            done: the epochs that it goes on after; others are forgotten.

        Raises:
            TrainingError: as `resumable_run` does.
        """
        with self._database.writing() as session:
            return runs.to_run(session, runs.reopen(session, run_id, done))

    def record_epoch(self, run_id: str, epoch: Epoch) -> None:
        """Write an epoch of a running run, in place of an older one of this number."""
        with self._database.writing() as session:
            runs.record_epoch(session, run_id, epoch)

    def epochs(self, run_id: str) -> list[Epoch]:
        """A run's epochs in order."""
        with self._database.reading() as session:
            return runs.epochs(session, run_id)

    def complete_run(
        self,
        run_id: str,
        content: ModelContent,
        evaluations: Sequence[Evaluation],
        *,
        scores: Mapping[str, float] | None = None,
    ) -> Model:
        """Store what a run made and end it. If anything fails there is no model and the run is still running.

        Args:
            content: the trained weights with all that is needed to use them.
            evaluations: on the dataset version that the run trained on, one for each split.
            scores: of a trial: the objectives' values, by name.

        Raises:
            RegistryError: the run has ended already.
            ArtifactError: the weights cannot be stored.
        """
        with self._database.reading() as session:
            runs.running(session, run_id)
        stored = manifest.save_content(self.artifacts, content)
        with self._database.writing() as session:
            run = runs.complete(session, run_id, scores)
            dropping.restore_vanished(session, self.artifacts, content, stored)
            row = models.add(session, run, content, stored, evaluations)
            model = models.to_models(session, [row])[0]
        self._forget_checkpoint(run_id)
        return model

    def complete_without_model(self, run_id: str, scores: Mapping[str, float]) -> Run:
        """End a trial whose weights are not worth keeping; raises RegistryError where it has ended already."""
        with self._database.writing() as session:
            run = runs.to_run(session, runs.complete(session, run_id, scores))
        self._forget_checkpoint(run_id)
        return run

    def end_run(
        self,
        run_id: str,
        state: State,
        error: str | None = None,
    ) -> Run:
        """End a run that did not complete, as failed, pruned or interrupted.

        Raises:
            RegistryError: the run has ended already.
        """
        with self._database.writing() as session:
            ended = runs.to_run(session, runs.end(session, run_id, state, error))
        if state is not State.INTERRUPTED:
            self._forget_checkpoint(run_id)
        return ended

    def save_checkpoint(self, run_id: str, data: bytes) -> None:
        """Keep what a running run can go on from, in place of its older one; raises ArtifactError."""
        self.artifacts.write_checkpoint(run_id, data)

    def checkpoint(self, run_id: str) -> bytes | None:
        """What an interrupted run can go on from; None: nothing was kept."""
        return self.artifacts.read_checkpoint(run_id)

    def drop_checkpoint(self, run_id: str) -> None:
        """Let go of a run's checkpoint, if there is one."""
        self.artifacts.drop_checkpoint(run_id)

    def _forget_checkpoint(self, run_id: str) -> None:
        # What the run has come to is written down by now, and a checkpoint that stays does no harm.
        with contextlib.suppress(ArtifactError):
            self.drop_checkpoint(run_id)

    def runs(
        self,
        *,
        dataset: str | None = None,
        search: str | None = None,
        kind: RunKind | None = None,
        state: State | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """Runs, newest first; the trials of a search by number. `dataset` and `search` are references."""
        with self._database.reading() as session:
            return runs.listed(
                session,
                dataset=None if dataset is None else datasets.find(session, dataset).name,
                search_id=None if search is None else references.search(session, search).id,
                kind=kind,
                state=state,
                limit=limit,
            )

    # Searches --------------------------------------------------------------------------------------------

    def start_search(self, plan: SearchPlan, dataset: DatasetVersion) -> Search:
        """Write a search down as running in this process."""
        with self._database.writing() as session:
            return searches.to_searches(session, [searches.start(session, plan, dataset)])[0]

    def end_search(self, search_id: str, state: State, error: str | None = None) -> Search:
        """End a search. Any end but completed can be taken back with `reopen_search`."""
        with self._database.writing() as session:
            return searches.to_searches(session, [searches.end(session, search_id, state, error)])[0]

    def reopen_search(self, search_id: str, plan: SearchPlan | None = None) -> Search:
        """Go on with a search in this process. Trials that it had left running become interrupted.

        Args:
            plan: its plan, extended by more trials, more time or another target; with one a completed search goes
                on too.

        Raises:
            SearchError: it is completed, or another process on this machine is at it.
        """
        with self._database.writing() as session:
            reopened = searches.to_searches(session, [searches.reopen(session, search_id, plan)])[0]
            ended = searches.last_ended_trial(session, search_id)
        if ended is not None:
            self._forget_checkpoint(ended)
        return reopened

    def start_trial(self, search_id: str, trial: Trial, plan: RunPlan, epochs: Sequence[Epoch] = ()) -> Run:
        """Write a trial down as running. One that an earlier attempt began is begun again under the same id.

        Args:
            epochs: those of the earlier attempt that the trial goes on after; its others are forgotten.

        Raises:
            SearchError: the search is not running, or the trial is completed.
        """
        with self._database.writing() as session:
            row = searches.start_trial(session, search_id, trial, plan, epochs)
            return runs.to_run(session, row)

    def searches(self, *, dataset: str | None = None) -> list[Search]:
        """Searches, newest first. `dataset` is a reference."""
        with self._database.reading() as session:
            name = None if dataset is None else datasets.find(session, dataset).name
            return searches.listed(session, dataset=name)

    def unreadable_searches(self) -> list[str]:
        """A line for each search of an older schema that cannot be read any more; `searches` leaves it out."""
        with self._database.reading() as session:
            return searches.unreadable(session)

    def prior_trials(self, architecture: str, version: str, limit: int = 1000) -> list[PriorTrial]:
        """Completed trials of an architecture, of all searches, newest first: what a new search can start from."""
        with self._database.reading() as session:
            return prior_trials.trials(session, architecture, version, limit)

    # Models ----------------------------------------------------------------------------------------------

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
        """Models that were fine-tuned from this one, newest first."""
        with self._database.reading() as session:
            return models.children(session, ids.get(session, ModelRow, model_id).id)

    def drop_models(self, model_ids: Collection[str]) -> None:
        """Delete models, and of their tensors those that no other model needs; their runs stay.

        A model that has an alias, or had one, or that another run started from, is in use and stays. If the manifest
        of any model cannot be read, nothing is deleted, for nobody knows what that model needs.
        """
        dropping.drop(self._database, self.artifacts, model_ids)

    def delete_models(self, model_ids: Collection[str], *, force: bool = False) -> None:
        """Delete models for good, and of their tensors those that no other model needs: all of the models or none.

        Their runs stay, and so do models that were fine-tuned from them, which name them ever after. An alias that is
        set on one names nothing until it is set on another.

        Args:
            force: delete a model too that has an alias, or that a hyperband search may go on from.

        Raises:
            RegistryError: a model has an alias, or a search may go on from it.
            ArtifactError: the models are deleted, but the store does not let go of all of their tensors.
        """
        deleting.delete(self._database, self.artifacts, model_ids, force=force)

    def lineage(self, ref: str) -> Lineage:
        """The tree of the ancestors and descendants of a model, from the oldest ancestor on.

        Args:
            ref: what `find` takes, or the id of a deleted model; a run stands for its model, a search for its best.

        Raises:
            NotFoundError: as `find` does, or the search has no model.
        """
        with self._database.reading() as session:
            return lineage.tree(session, ref)

    def set_alias(self, model_id: str, name: str) -> None:
        """Move an alias, within the model's dataset, to this model.

        Raises:
            RegistryError: the name is reserved or not of the right letters.
        """
        with self._database.writing() as session:
            models.set_alias(session, ids.get(session, ModelRow, model_id), name)

    def record_evaluation(self, model_id: str, dataset: DatasetVersion, evaluation: Evaluation) -> None:
        """Keep an evaluation, in place of an older one on the same split of the same dataset version."""
        with self._database.writing() as session:
            metrics.replace(session, ids.get(session, ModelRow, model_id), dataset.id, evaluation)

    def metrics(self, model_id: str) -> list[Measurement]:
        """All that was measured of a model, on any dataset."""
        with self._database.reading() as session:
            return metrics.of_model(session, ids.get(session, ModelRow, model_id).id)

    def load_content(self, model_id: str) -> ModelContent:
        """A model's weights and all that is needed to use them; every SHA-256 is checked.

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
        """A model's layers, from the pixels to its output, as `--freeze` counts and names them; no tensor is read.

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

    # References ------------------------------------------------------------------------------------------

    def model(self, ref: str) -> Model:
        """The model of an id, the start of one, `DATASET@best` or `DATASET@ALIAS`.

        Raises:
            NotFoundError: no model or several; the message lists the candidates.
            UnknownNameError: the dataset or the alias is unknown.
        """
        with self._database.reading() as session:
            return models.to_models(session, [references.model(session, ref)])[0]

    def run(self, ref: str) -> Run:
        """The run of an id or the start of one; raises NotFoundError."""
        with self._database.reading() as session:
            return runs.to_run(session, references.run(session, ref))

    def search(self, ref: str) -> Search:
        """The search of an id or the start of one; raises NotFoundError."""
        with self._database.reading() as session:
            return searches.to_searches(session, [references.search(session, ref)])[0]

    def find(self, ref: str) -> Model | Run | Search:
        """Whatever one thing the reference names; raises as `model` does."""
        with self._database.reading() as session:
            row = references.anything(session, ref)
            if isinstance(row, ModelRow):
                return models.to_models(session, [row])[0]
            if isinstance(row, RunRow):
                return runs.to_run(session, row)
            return searches.to_searches(session, [row])[0]
