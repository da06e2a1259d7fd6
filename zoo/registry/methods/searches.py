"""The registry's methods for searches and their trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.registry import datasets, prior_trials, runs, searches
from zoo.registry.methods.checkpoints import CheckpointMethods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import DatasetVersion, Epoch, Run, RunPlan, Search, SearchPlan, State, Trial
    from zoo.interfaces.records import PriorTrial


class SearchMethods(CheckpointMethods):
    """Recording searches and their trials, and listing them."""

    def start_search(self, plan: SearchPlan, dataset: DatasetVersion) -> Search:
        """Record a new search as running in this process."""
        with self._database.writing() as session:
            return searches.to_searches(session, [searches.start(session, plan, dataset)])[0]

    def end_search(self, search_id: str, state: State, error: str | None = None) -> Search:
        """End a search. Unless it completed, `reopen_search` can resume it."""
        with self._database.writing() as session:
            return searches.to_searches(session, [searches.end(session, search_id, state, error)])[0]

    def reopen_search(self, search_id: str, plan: SearchPlan | None = None) -> Search:
        """Resume a search in this process. Trials that were still running become interrupted.

        Args:
            plan: its plan, extended by more trials, more time or another target; with a plan, a completed search
                resumes too.

        Raises:
            SearchError: it is completed, or another process on this machine runs it.
        """
        with self._database.writing() as session:
            reopened = searches.to_searches(session, [searches.reopen(session, search_id, plan)])[0]
            ended = searches.last_ended_trial(session, search_id)
        if ended is not None:
            self._drop_checkpoint_quietly(ended)
        return reopened

    def start_trial(self, search_id: str, trial: Trial, plan: RunPlan, epochs: Sequence[Epoch] = ()) -> Run:
        """Record a trial as running. A trial that was started before starts again under the same id.

        Args:
            epochs: the recorded epochs after which the trial resumes; any others are deleted.

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
        """A line for each search of an older schema that this version cannot read; `searches` omits them."""
        with self._database.reading() as session:
            return searches.unreadable(session)

    def prior_trials(self, architecture: str, version: str, limit: int = 1000) -> list[PriorTrial]:
        """Completed trials of an architecture from all searches, newest first, for a warm start."""
        with self._database.reading() as session:
            return prior_trials.trials(session, architecture, version, limit)
