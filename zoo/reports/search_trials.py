"""A search with its trials, prepared for plots."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zoo.data.units import counted
from zoo.interfaces import State
from zoo.interfaces.ranking import ranked
from zoo.interfaces.spaces import searched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Hyperparameters, Objective, Run, Search
    from zoo.interfaces.spaces import Searched


@dataclass(frozen=True)
class SearchTrials:
    """A search and all of its trials."""

    search: Search
    runs: Sequence[Run]

    @property
    def objective(self) -> Objective:
        """The first objective."""
        return self.search.plan.objective

    @cached_property
    def completed(self) -> Sequence[Run]:
        """The completed trials with scores for all objectives, by number."""
        names = [objective.name for objective in self.search.plan.objectives]
        completed = (run for run in self.runs if run.state is State.COMPLETED and run.trial is not None)
        return [run for run in completed if all(name in run.scores for name in names)]

    @cached_property
    def best_first(self) -> Sequence[Run]:
        """The completed trials in the order of `zoo.interfaces.ranking`."""
        return ranked(self.completed, self.objective)

    @property
    def several(self) -> bool:
        """Whether several architectures were searched."""
        return len(self.search.plan.architectures) > 1

    @property
    def hyperparameters(self) -> Sequence[Hyperparameters]:
        """The hyperparameters of each completed trial."""
        return [run.trial.hyperparameters for run in self.completed if run.trial is not None]

    @property
    def scores(self) -> Sequence[tuple[int, float]]:
        """Number and first objective of each completed trial."""
        return [(number_of(run), run.scores[self.objective.name]) for run in self.completed]

    @cached_property
    def axes(self) -> tuple[Searched, ...]:
        """The searched hyperparameters that some completed trial has."""
        names = {name for values in self.hyperparameters for name in values}
        return tuple(axis for axis in searched(self.search.plan.space) if axis.name in names)

    @property
    def summary(self) -> str:
        """The search and the states of its trials, in one line."""
        plan, states = self.search.plan, Counter(run.state for run in self.runs)
        others = "".join(
            f", {states[state]} {state}" for state in State if state in states and state != "completed"
        )
        trials = f"{counted(len(self.completed), 'trial')} completed{others}"
        return f"{trials}, {plan.algorithm} on {', '.join(plan.architectures)}"


def number_of(run: Run) -> int:
    """The trial's number."""
    return run.trial.number if run.trial else 0
