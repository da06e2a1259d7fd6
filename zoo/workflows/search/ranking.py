"""Selects the best models of a search, which are kept in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zoo.interfaces import State
from zoo.interfaces.pareto import pareto_front
from zoo.interfaces.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.interfaces import Run, SearchPlan, TrialOutcome


@dataclass
class Ranking:
    """The completed trials of a search whose models are kept, by run id.

    `zoo.interfaces.ranking` orders them; with several objectives, the Pareto front comes first.
    """

    plan: SearchPlan
    runs: dict[str, Run] = field(default_factory=dict)

    def add_past(self, run: Run) -> None:
        """Add a trial that ended earlier, if its model was kept."""
        if run.model_id is not None:
            self.runs[run.id] = run

    def add(self, run: Run, outcome: TrialOutcome) -> bool:
        """Add a trial that has just completed; return whether to keep its model."""
        losses = [
            evaluation.metrics["loss"]
            for evaluation in outcome.evaluations
            if evaluation.split == "validation"
        ]
        self.runs[run.id] = replace(
            run,
            state=State.COMPLETED,
            scores=outcome.scores,
            val_loss=losses[0] if losses else None,
            parameters=outcome.content.parameters,
        )
        return any(best.id == run.id for best in self._best())

    def forget_losers(self) -> list[str]:
        """Remove the runs that are no longer among the best from the ranking, and return their ids."""
        best = {run.id for run in self._best()}
        losers = [run_id for run_id in self.runs if run_id not in best]
        for run_id in losers:
            del self.runs[run_id]
        return losers

    def _best(self) -> Iterable[Run]:
        if self.plan.options.keep is None:
            return self.runs.values()
        best_first = ranked(self.runs.values(), self.plan.objective)
        if len(self.plan.objectives) == 1:
            return best_first[: self.plan.options.keep]
        front = {run.id for run in pareto_front(best_first, self.plan.objectives)}
        best_first.sort(key=lambda run: run.id not in front)
        return best_first[: max(self.plan.options.keep, len(front))]
