"""The options of a search, checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import SearchError
from zoo.interfaces.algorithms import DEFAULT, find_algorithm, find_pruner
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, find_objectives, measured_each_epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import HyperparameterValue, Objective


@dataclass(frozen=True)
class SearchOptions:
    """What a user may say about a search.

    Args:
        algorithm: one of `zoo.interfaces.algorithms.ALGORITHMS`.
        trials: the most trials to run.
        objective: names of what is optimised, with commas between; see `zoo.interfaces.metrics`.
        pruner: none or median, see `zoo.search.pruning`; None: the algorithm's own, if it has one.
        max_seconds: after so long no trial begins, and a running one ends after its epoch.
        target: the search ends when an epoch's objective is as good.
        keep: how many of the best models stay in the registry.
        warm_start: begin with what is known to be good from earlier searches.

    Raises:
        UnknownNameError: there is no such algorithm, objective or pruner.
        SearchError: two of them exclude each other.
    """

    algorithm: str = DEFAULT
    trials: int = 10
    objective: str = DEFAULT_OBJECTIVE.name
    pruner: str | None = None
    max_seconds: float | None = None
    target: float | None = None
    keep: int = 3
    warm_start: bool = True

    def __post_init__(self) -> None:
        if self.pruner_name != "none" and not _known_each_epoch(self.objectives):
            raise SearchError(
                f"pruning is for one objective that is measured each epoch, and not for {self.objective}"
            )
        if self.target is not None and not _known_each_epoch(self.objectives):
            raise SearchError(
                f"--target is for one objective that is measured each epoch, and not for {self.objective}"
            )

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is optimised."""
        return find_objectives(self.objective)

    @property
    def pruner_name(self) -> str:
        """Which pruner it is."""
        return find_pruner(find_algorithm(self.algorithm, objectives=len(self.objectives)), self.pruner)

    def settings(self) -> dict[str, HyperparameterValue | None]:
        """What a search stores of them besides the fields of its plan."""
        return {
            "pruner": self.pruner_name,
            "max_seconds": self.max_seconds,
            "target": self.target,
            "keep": self.keep,
        }


def _known_each_epoch(objectives: Sequence[Objective]) -> bool:
    return len(objectives) == 1 and measured_each_epoch(objectives[0].name)
