"""The algorithms by which a search chooses hyperparameters: one row each. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import SearchError, UnknownNameError


@dataclass(frozen=True)
class Algorithm:
    """A way to choose the hyperparameters of a search's trials.

    Args:
        summary: how it chooses, in one line.
        oracle: `module:function` that takes the `SearchPlan` and the options that every Keras Tuner oracle takes, and
            returns the `keras_tuner.Oracle`; see `zoo.search.oracles`. Imported when a search starts.
        own_order: it visits the space in its own order, so a search with it starts with neither prior trials nor
            defaults.
        continues_trials: a trial may continue from the model of any earlier one, so all models are kept until the
            search ends.
        pruner: its built-in pruner, which no other can replace; None: any of `PRUNERS` can be chosen.
        several_objectives: it can optimise more than one objective.
    """

    name: str
    summary: str
    oracle: str
    own_order: bool = False
    continues_trials: bool = False
    pruner: str | None = None
    several_objectives: bool = False


ALGORITHMS: dict[str, Algorithm] = {
    row.name: row
    for row in (
        Algorithm("random", "at random", "zoo.search.oracles:random_search", several_objectives=True),
        Algorithm(
            "grid",
            "all combinations, one after another",
            "zoo.search.oracles:grid_search",
            own_order=True,
            several_objectives=True,
        ),
        Algorithm(
            "bayesian", "by a Gaussian process over the trials so far", "zoo.search.oracles:bayesian_search"
        ),
        Algorithm(
            "hyperband",
            "many trials of few epochs; the best of them continue for more",
            "zoo.search.oracles:hyperband",
            own_order=True,
            continues_trials=True,
            pruner="none",
        ),
        Algorithm(
            "tpe",
            "by what good trials have more often than poor ones",
            "zoo.search.oracles:tpe",
            several_objectives=True,
        ),
        Algorithm(
            "asha",
            "at random; at epochs 1, 3, 9, …, trials that are not among the best third so far end",
            "zoo.search.oracles:random_search",
            pruner="asha",
        ),
    )
}

DEFAULT, DEFAULT_OF_SEVERAL = "random", "tpe"
"""The default algorithms for one objective and for several."""

PRUNERS = ("none", "median")
"""The available pruners; `zoo.search.pruning` implements them. An algorithm may have another one built in."""


def find_algorithm(name: str, *, objectives: int) -> Algorithm:
    """The algorithm with this name.

    Args:
        objectives: the number of objectives that it must be able to optimise.

    Raises:
        UnknownNameError: the name is not in the table.
        SearchError: the algorithm can optimise only one objective.
    """
    if name not in ALGORITHMS:
        raise UnknownNameError("algorithm", name, ALGORITHMS)
    algorithm = ALGORITHMS[name]
    if objectives > 1 and not algorithm.several_objectives:
        able = [row.name for row in ALGORITHMS.values() if row.several_objectives]
        raise SearchError(
            f"{name} optimises one objective: use --algorithm {', '.join(able[:-1])} or {able[-1]}, "
            "or name one objective"
        )
    return algorithm


def continues_trials(name: str) -> bool:
    """Whether trials may continue from earlier ones' models; false for an algorithm that is no longer in the table."""
    return name in ALGORITHMS and ALGORITHMS[name].continues_trials


def find_pruner(algorithm: Algorithm, name: str | None) -> str:
    """The pruner of a search with this algorithm.

    Args:
        name: one of `PRUNERS`; None: the algorithm's built-in one, or else none.

    Raises:
        UnknownNameError: the name is not in `PRUNERS`.
        SearchError: the algorithm has a built-in pruner.
    """
    if name is None:
        return algorithm.pruner or "none"
    if name not in PRUNERS:
        owners = [row.name for row in ALGORITHMS.values() if row.pruner == name]
        raise UnknownNameError(
            "pruner", name, PRUNERS, f"(or --algorithm {owners[0]}, which has it built in)" if owners else ""
        )
    if algorithm.pruner is not None and name != algorithm.pruner:
        raise SearchError(f"{algorithm.name} ends hopeless trials by itself: leave --pruner out")
    return name
