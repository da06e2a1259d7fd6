"""The importance of hyperparameters for a search's objective. Imports no TensorFlow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances

from zoo.errors import SearchError
from zoo.interfaces import State
from zoo.interfaces.spaces import searched
from zoo.search.optuna_logging import without_optuna_logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.distributions import BaseDistribution

    from zoo.interfaces import Hyperparameters, Objective, Run
    from zoo.interfaces.spaces import Searched

FEWEST = 4
"""The minimal number of completed trials."""


def importance(space: Mapping[str, object], runs: Sequence[Run], objective: Objective) -> dict[str, float]:
    """Hyperparameter -> its share, 0 to 1, of the objective's variance, the largest first; the shares add up to 1.

    This is fANOVA (Hutter et al. 2014, "An Efficient Approach for Assessing Hyperparameter Importance") as implemented
    in Optuna: a random forest learns the scores, and the share is the variance of its predictions over the values of
    one hyperparameter, averaged over all values of the others. An inactive hyperparameter gets a random value, which
    changes nothing, so that conditional ones have a share of the whole space too: a small one if they are rarely
    active. (The default value, which the paper uses, might reveal to the forest that it is inactive.)

    Args:
        space: as `SearchPlan.space`.
        runs: the search's trials; only completed ones count.

    Raises:
        SearchError: nothing was searched, fewer than 4 trials completed, or no hyperparameter makes a difference.
    """
    axes = searched(space)
    if not axes:
        raise SearchError("no hyperparameter was searched, so none has an importance: fix fewer with --set")
    scored = _scored(runs, objective)
    if len(scored) < FEWEST:
        raise SearchError(
            f"the importance of hyperparameters needs {FEWEST} completed trials, but there are {len(scored)}: "
            "search with more --trials"
        )
    with without_optuna_logs():
        study = _study(axes, scored)
        try:
            shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
        except RuntimeError:  # raised by Optuna if the forest has no variance
            raise SearchError(
                f"no hyperparameter makes a difference to {objective.name} among {len(scored)} completed trials: "
                "search with more --trials or --epochs"
            ) from None
    return {name: float(share) for name, share in shares.items()}


def _scored(runs: Sequence[Run], objective: Objective) -> list[tuple[Hyperparameters, float]]:
    """The hyperparameters of each completed trial, with its score."""
    return [
        (run.trial.hyperparameters, run.scores[objective.name])
        for run in runs
        if run.state is State.COMPLETED
        and run.trial is not None
        and math.isfinite(run.scores.get(objective.name, math.nan))
    ]


def _study(axes: Sequence[Searched], scored: Sequence[tuple[Hyperparameters, float]]) -> optuna.Study:
    """An Optuna study with these trials."""
    distributions = {axis.name: _distribution(axis) for axis in axes}
    study = optuna.create_study()
    rng = np.random.default_rng(0)
    for values, score in scored:
        params = {}
        for axis in axes:
            place = axis.place(values.get(axis.name))
            random_place = int(rng.integers(len(axis.choices))) if axis.choices else float(rng.uniform())
            params[axis.name] = random_place if place is None else place
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=score))
    return study


def _distribution(axis: Searched) -> BaseDistribution:
    return CategoricalDistribution(range(len(axis.choices))) if axis.choices else FloatDistribution(0.0, 1.0)
