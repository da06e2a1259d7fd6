"""Which of a search's models are worth their disk: the best ones."""

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

    Which are the best is `zoo.interfaces.ranking`'s; of several objectives, trials that no other beats in all come
    before the others.
    """

    plan: SearchPlan
    runs: dict[str, Run] = field(default_factory=dict)

    def add_past(self, run: Run) -> None:
        """A trial that came to an end before; one without a model was not worth keeping, and stays so."""
        if run.model_id is not None:
            self.runs[run.id] = run

    def add(self, run: Run, outcome: TrialOutcome) -> bool:
        """A trial that is completed now; returns whether its model is worth keeping."""
        losses = [one.metrics["loss"] for one in outcome.evaluations if one.split == "validation"]
        self.runs[run.id] = replace(
            run,
            state=State.COMPLETED,
            scores=outcome.scores,
            val_loss=losses[0] if losses else None,
            parameters=sum(int(tensor.size) for tensor in outcome.content.tensors.values()),
        )
        return any(kept.id == run.id for kept in self._kept())

    def forget_losers(self) -> list[str]:
        """Ids of the runs whose models are worth keeping no more; they are left out of the ranking from now on."""
        kept = {run.id for run in self._kept()}
        losers = [run_id for run_id in self.runs if run_id not in kept]
        for run_id in losers:
            del self.runs[run_id]
        return losers

    def _kept(self) -> Iterable[Run]:
        if self.plan.options.keep is None:
            return self.runs.values()
        best_first = ranked(self.runs.values(), self.plan.objective)
        if len(self.plan.objectives) == 1:
            return best_first[: self.plan.options.keep]
        front = {run.id for run in pareto_front(best_first, self.plan.objectives)}
        best_first.sort(key=lambda run: run.id not in front)
        return best_first[: max(self.plan.options.keep, len(front))]
