"""Records the events of a search in the registry, and reads its earlier trials from there."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from zoo.interfaces import Once, Progress, RunKind, RunPlan, State
from zoo.interfaces.algorithms import continues_trials
from zoo.interfaces.records import ENDED
from zoo.search.loop import PastTrial
from zoo.training.checkpoint import epochs_in
from zoo.workflows.recording import announce
from zoo.workflows.search.ranking import Ranking
from zoo.workflows.search.trial import Assignment, candidate_of, hyperparameters_of, seed_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Epoch, EpochProgress, Run, Search, Trial, TrialOutcome
    from zoo.workflows.workspace import Workspace


class SearchRecorder:
    """The recorder of one search, a `zoo.interfaces.TrialRecorder`.

    Args:
        search: one that runs in this process.
    """

    def __init__(self, workspace: Workspace, search: Search) -> None:
        self.workspace, self.search = workspace, search
        self.registry = workspace.registry
        self.notices = Once(workspace.progress)  # trials repeat the same ones
        self.ranking = Ranking(search.plan)
        self.runs: dict[str, Run] = {}  # by trial id
        self.resumed: dict[str, Sequence[Epoch]] = {}  # the epochs of each interrupted trial
        for run in self.registry.runs(search=search.id):
            if run.trial is not None:
                self.runs[run.trial.trial_id] = run
                self.ranking.add_past(run)
                if run.state not in ENDED:
                    self.resumed[run.trial.trial_id] = epochs_in(self.registry.checkpoint(run.id))

    # Earlier trials --------------------------------------------------------------------------------------

    def past(self) -> list[PastTrial]:
        """Return the trials so far, in order."""
        ended = sorted(
            (run for run in self.runs.values() if run.state in ENDED),
            key=lambda run: (run.finished_at, run.trial.number if run.trial else 0),
        )
        positions = {run.id: position for position, run in enumerate(ended, start=1)}
        return [self._past(run, run.trial, positions.get(run.id)) for run in self.runs.values() if run.trial]

    def _past(self, run: Run, trial: Trial, position: int | None) -> PastTrial:
        plan = self.search.plan
        epochs = self.registry.epochs(run.id) if position is not None else self.resumed[trial.trial_id]
        curve = [epoch.metrics[plan.monitor.name] for epoch in epochs]
        scores = dict(run.scores) or None
        if run.state is State.PRUNED:
            best = max if plan.monitor.direction == "max" else min
            scores = {plan.objective.name: best(curve)}
        losses = [epoch.metrics.get("val_loss", math.inf) for epoch in epochs]
        return PastTrial(trial, position, scores, curve, losses, pruned=run.state is State.PRUNED)

    def replay(self) -> None:
        """Report the trials that ended earlier to the progress, as if they had just run."""
        progress = self.workspace.progress
        for run in self.runs.values():
            if run.state in ENDED:
                progress.run_started(run)
                for epoch in self.registry.epochs(run.id):
                    progress.epoch_ended(run, epoch)
                progress.run_ended(run)

    def assignment(self, trial: Trial) -> Assignment:
        """Return all that is needed to train the trial, or to resume it."""
        run, start = self.runs[trial.trial_id], None
        if trial.continues is not None:
            start = self.registry.load_content(str(self.runs[trial.continues].model_id))
        checkpoint = self.registry.checkpoint(run.id)
        seconds = sum(epoch.seconds for epoch in epochs_in(checkpoint))
        return Assignment(self.search.plan, trial, start, checkpoint, seconds)

    # Events ----------------------------------------------------------------------------------------------

    def trial_started(self, trial: Trial) -> None:
        plan = self.search.plan
        run_plan = RunPlan(
            kind=RunKind.TRIAL,
            candidate=candidate_of(plan, trial),
            hyperparameters=hyperparameters_of(plan, trial),
            training=replace(plan.training, epochs=trial.epochs, seed=seed_of(plan, trial)),
            environment=plan.environment,
            data_check=plan.data_check,
        )
        done = self.resumed.pop(trial.trial_id, ())
        run = self.registry.start_trial(self.search.id, trial, run_plan, done)
        self.runs[trial.trial_id] = run
        self.workspace.progress.run_started(run)
        for epoch in done:
            self.workspace.progress.epoch_ended(run, epoch)

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        run = self.runs[trial.trial_id]
        self.registry.save_checkpoint(run.id, checkpoint)
        self.registry.record_epoch(run.id, epoch)
        self.workspace.progress.epoch_ended(run, epoch)

    def trial_watcher(self, trial: Trial) -> Progress:
        return _TrialWatcher(self.notices, self.runs[trial.trial_id])

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        run = self.runs[trial.trial_id]
        all_kept = continues_trials(self.search.plan.algorithm)
        if self.ranking.add(run, outcome) or all_kept:
            self.registry.complete_run(run.id, outcome.content, outcome.evaluations, scores=outcome.scores)
            ended = self.registry.run(run.id)
        else:
            ended = self.registry.complete_without_model(run.id, outcome.scores)
        if not all_kept:
            self.drop_losers()
        self._ended(trial, ended)

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        self._ended(trial, self.registry.end_run(self.runs[trial.trial_id].id, State.PRUNED, reason))

    def trial_failed(self, trial: Trial, error: str) -> None:
        self.workspace.progress.stop_if_asked()  # the error may be what TensorFlow made of an interrupt
        self._ended(trial, self.registry.end_run(self.runs[trial.trial_id].id, State.FAILED, error))

    def drop_losers(self) -> None:
        """Delete the models of trials that are not among the best."""
        losers = (self.registry.run(run_id).model_id for run_id in self.ranking.forget_losers())
        if models := [model_id for model_id in losers if model_id]:
            self.registry.drop_models(models)

    def end(self, state: State, error: str | None = None) -> Search:
        """End the search, and the trials that were running."""
        unfinished = State.FAILED if state is State.FAILED else State.INTERRUPTED
        for run in self.registry.runs(search=self.search.id, state=State.RUNNING):
            announce(self.workspace, self.registry.end_run(run.id, unfinished, error))
        if state is State.COMPLETED:
            self.drop_losers()
        return self.registry.end_search(self.search.id, state, error)

    def _ended(self, trial: Trial, run: Run) -> None:
        self.runs[trial.trial_id] = run
        announce(self.workspace, run)


class _TrialWatcher(Progress):
    """Forwards the progress of a trial, with its run."""

    def __init__(self, progress: Progress, run: Run) -> None:
        self._progress, self._run = progress, run

    def notice(self, message: str) -> None:
        self._progress.notice(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        self._progress.advanced(work, done, total)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        self._progress.epoch_advanced(progress, run or self._run)
