"""The options of a search, checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import (
    EPOCH_METRICS,
    HyperparameterValue,
    Objective,
)
from zoo.search.objectives import find_objectives
from zoo.search.oracles import check_algorithm
from zoo.search.pruning import PRUNERS

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class SearchOptions:
    """What a user may say about a search.

    Args:
        algorithm: random, grid, bayesian, hyperband, tpe, or asha: random, with that pruner.
        trials: the most trials to run.
        objective: names of what is optimised, with commas between; see `zoo.search.objectives`.
        pruner: none, median or asha, see `zoo.search.pruning`; None: none, but with asha.
        max_seconds: after so long no trial begins, and a running one ends after its epoch.
        target: the search ends when an epoch's objective is as good.
        keep: how many of the best models stay in the registry.
        warm_start: begin with what is known to be good from earlier searches.

    Raises:
        UnknownNameError: there is no such algorithm, objective or pruner.
        SearchError: two of them exclude each other.
    """

    algorithm: str = "random"
    trials: int = 10
    objective: str = "val_accuracy"
    pruner: str | None = None
    max_seconds: float | None = None
    target: float | None = None
    keep: int = 3
    warm_start: bool = True

    def __post_init__(self) -> None:
        check_algorithm(self.algorithm, len(self.objectives))
        self._check_pruner()
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
        return self.pruner or ("asha" if self.algorithm == "asha" else "none")

    def settings(self) -> dict[str, HyperparameterValue | None]:
        """What a search stores of them besides the fields of its plan."""
        return {
            "pruner": self.pruner_name,
            "max_seconds": self.max_seconds,
            "target": self.target,
            "keep": self.keep,
        }

    def _check_pruner(self) -> None:
        if self.pruner_name not in PRUNERS:
            raise UnknownNameError("pruner", self.pruner_name, PRUNERS)
        own = {"hyperband": "none", "asha": "asha"}.get(self.algorithm)
        if own is not None and self.pruner_name != own:
            raise SearchError(f"{self.algorithm} ends hopeless trials by itself: leave --pruner out")
        if self.pruner_name != "none" and not _known_each_epoch(self.objectives):
            raise SearchError(
                f"pruning is for one objective that is measured each epoch, and not for {self.objective}"
            )


def _known_each_epoch(objectives: Sequence[Objective]) -> bool:
    return len(objectives) == 1 and objectives[0].name in EPOCH_METRICS
