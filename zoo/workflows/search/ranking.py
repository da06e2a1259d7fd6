"""Which of a search's models are worth their disk: the best ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zoo.interfaces import State
from zoo.interfaces.pareto import pareto_front

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.interfaces import Model, Run, SearchPlan, TrialOutcome

    Ties = tuple[float, int]


@dataclass
class Ranking:
    """The completed trials of a search, best first.

    Of equal ones the lower validation loss, then fewer parameters, then the earlier. Of several objectives, trials that
    no other beats in all come before the others.
    """

    plan: SearchPlan
    runs: dict[str, Run] = field(default_factory=dict)
    ties: dict[str, Ties] = field(default_factory=dict)

    def add_past(self, run: Run, model: Model | None) -> None:
        """A trial that came to an end before; one without a model was not worth keeping, and stays so."""
        if model is not None:
            self.runs[run.id] = run
            self.ties[run.id] = (model.metrics.get("val_loss", math.inf), model.parameters)

    def add(self, run: Run, outcome: TrialOutcome) -> bool:
        """A trial that is completed now; gives whether its model is worth keeping."""
        losses = [one.metrics["loss"] for one in outcome.evaluations if one.split == "validation"]
        parameters = sum(int(tensor.size) for tensor in outcome.content.tensors.values())
        self.ties[run.id] = (losses[0] if losses else math.inf, parameters)
        self.runs[run.id] = replace(run, state=State.COMPLETED, scores=outcome.scores)
        return any(one.id == run.id for one in self._kept())

    def forget_losers(self) -> list[str]:
        """Ids of the runs whose models are worth keeping no more; they are left out of the ranking from now on."""
        kept = {run.id for run in self._kept()}
        losers = [run_id for run_id in self.runs if run_id not in kept]
        for run_id in losers:
            del self.runs[run_id], self.ties[run_id]
        return losers

    def _kept(self) -> Iterable[Run]:
        if self.plan.keep is None:
            return self.runs.values()
        objective = self.plan.objective
        sign = -1 if objective.direction == "max" else 1

        def place(run: Run) -> tuple[float, Ties, int]:
            number = run.trial.number if run.trial else 0
            return sign * run.scores[objective.name], self.ties[run.id], number

        ranked = sorted(self.runs.values(), key=place)
        if len(self.plan.objectives) == 1:
            return ranked[: self.plan.keep]
        front = {run.id for run in pareto_front(ranked, self.plan.objectives)}
        ranked.sort(key=lambda run: run.id not in front)
        return ranked[: max(self.plan.keep, len(front))]
