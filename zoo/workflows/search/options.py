"""The options of a search, checked against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import SearchError
from zoo.interfaces import SearchOptions
from zoo.interfaces.algorithms import DEFAULT, DEFAULT_OF_SEVERAL, find_algorithm, find_pruner
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, find_objectives, measured_each_epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Objective


def search_options(
    *,
    algorithm: str | None = None,
    trials: int = 10,
    objective: str = DEFAULT_OBJECTIVE.name,
    pruner: str | None = None,
    max_seconds: float | None = None,
    target: float | None = None,
    keep: int | None = 3,
    warm_start: bool = True,
) -> SearchOptions:
    """Return the options of a search.

    Args:
        algorithm: one of `zoo.interfaces.algorithms.ALGORITHMS`; None: the default for so many objectives.
        objective: names of one or several objectives, separated by commas; see `zoo.interfaces.metrics`.
        pruner: "none" or "median", see `zoo.search.pruning`; None: the algorithm's own, if it has one.
        trials, max_seconds, target, keep, warm_start: as in `SearchOptions`.

    Raises:
        UnknownNameError: there is no such algorithm, objective or pruner.
        SearchError: two options exclude each other.
    """
    objectives = find_objectives(objective)
    if algorithm is None:
        algorithm = DEFAULT if len(objectives) == 1 else DEFAULT_OF_SEVERAL
    pruner = find_pruner(find_algorithm(algorithm, objectives=len(objectives)), pruner)
    if pruner != "none" and not _has_value_each_epoch(objectives):
        raise SearchError(
            f"pruning is for one objective that is measured each epoch, and not for {objective}"
        )
    options = SearchOptions(algorithm, trials, objectives, pruner, max_seconds, target, keep, warm_start)
    check_target(options)
    return options


def check_target(options: SearchOptions) -> None:
    """Refuse a target where no epoch can meet it.

    Raises:
        SearchError: there are several objectives, or one that is not measured each epoch.
    """
    if options.target is not None and not _has_value_each_epoch(options.objectives):
        names = ",".join(objective.name for objective in options.objectives)
        raise SearchError(f"--target is for one objective that is measured each epoch, and not for {names}")


def _has_value_each_epoch(objectives: Sequence[Objective]) -> bool:
    return len(objectives) == 1 and measured_each_epoch(objectives[0].name)
