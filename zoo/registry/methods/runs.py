"""The registry's methods for runs and their epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import State
from zoo.registry import datasets, dropping, manifest, models, references, runs
from zoo.registry.methods.checkpoints import CheckpointMethods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import DatasetVersion, Epoch, Evaluation, Model, ModelContent, Run, RunKind, RunPlan


class RunMethods(CheckpointMethods):
    """Recording runs from their start to their end, and listing them."""

    def start_run(self, plan: RunPlan, dataset: DatasetVersion) -> Run:
        """Record a new run as running. It ends with `complete_run` or `end_run`."""
        with self._database.writing() as session:
            return runs.to_run(session, runs.start(session, plan, dataset))

    def resumable_run(self, ref: str) -> Run:
        """The training with this id, or with this prefix of its id, if it can resume.

        Raises:
            TrainingError: it is completed, failed or a trial of a search, or another process on this machine runs it.
        """
        with self._database.reading() as session:
            run = runs.to_run(session, references.run(session, ref))
        if run.state is State.COMPLETED:
            self._drop_checkpoint_quietly(run.id)  # left behind by a kill right after the end
        with self._database.reading() as session:
            return runs.to_run(session, runs.resumable(session, run.id))

    def reopen_run(self, run_id: str, epochs: Sequence[Epoch]) -> Run:
        """Resume a training in this process.

        Args:
            epochs: the completed epochs after which it resumes; any others are deleted.

        Raises:
            TrainingError: as in `resumable_run`.
        """
        with self._database.writing() as session:
            return runs.to_run(session, runs.reopen(session, run_id, epochs))

    def record_epoch(self, run_id: str, epoch: Epoch) -> None:
        """Record an epoch of a running run; it replaces an older one of the same number."""
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
        """Store the model of a run and end the run. If anything fails, no model exists and the run is still running.

        Args:
            content: the trained weights with everything needed to use them.
            evaluations: on the dataset version that the run trained on, one for each split.
            scores: for a trial, the objectives' values, by name.

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
        self._drop_checkpoint_quietly(run_id)
        return model

    def complete_without_model(self, run_id: str, scores: Mapping[str, float]) -> Run:
        """End a trial whose model is not stored; raises RegistryError if it has ended already."""
        with self._database.writing() as session:
            run = runs.to_run(session, runs.complete(session, run_id, scores))
        self._drop_checkpoint_quietly(run_id)
        return run

    def end_run(self, run_id: str, state: State, error: str | None = None) -> Run:
        """End a run that did not complete, as failed, pruned or interrupted.

        Raises:
            RegistryError: the run has ended already.
        """
        with self._database.writing() as session:
            ended = runs.to_run(session, runs.end(session, run_id, state, error))
        if state is not State.INTERRUPTED:
            self._drop_checkpoint_quietly(run_id)
        return ended

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
