"""Keras Tuner's oracles, which choose the hyperparameters of the next trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    GridSearchOracle,
    HyperbandOracle,
    RandomSearchOracle,
)
from threadpoolctl import threadpool_limits

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import Hyperparameters, SearchPlan, Trial
from zoo.models.space import fill_in, restore
from zoo.search.history import HistoryOracle, Unsaved
from zoo.search.tpe import TPEOracle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.interfaces import HyperparameterValue

    Values = dict[str, HyperparameterValue]

# The loop counts failures itself: Keras Tuner would raise before the failed trial is recorded.
NEVER = 10**9
# Choices in a row that were made before: then a search at random holds the space for exhausted.
COLLISIONS = 200
OF_SEVERAL_OBJECTIVES = ("random", "grid", "tpe")
OWN_ORDER = ("grid", "hyperband")
"""Algorithms that take no choices from elsewhere: one goes through all, the other runs brackets."""


class _RandomOracle(HistoryOracle, RandomSearchOracle):  # type: ignore[misc]
    def choose(self, trial_id: str) -> Values | None:  # noqa: ARG002
        self._seed_state, self._max_collisions = self.seed_of_choice(), COLLISIONS
        return self._random_values()  # type: ignore[no-any-return]


class _BayesianOracle(HistoryOracle, BayesianOptimizationOracle):  # type: ignore[misc]
    trials: dict[str, Any]

    def choose(self, trial_id: str) -> Values | None:
        self._seed_state, self._max_collisions = self.seed_of_choice(), COLLISIONS
        self._random_state = np.random.RandomState(self.seed_of_choice(1))
        # Its matrices are small: threads that wait for one another take many times as long.
        with threadpool_limits(1):
            values = BayesianOptimizationOracle.populate_space(self, trial_id)["values"]
        if values is not None and self._duplicate(values):
            values = self._random_values()  # what the model expects most of was tried: look elsewhere
        return values  # type: ignore[no-any-return]

    def _vectorize_trials(self) -> tuple[np.ndarray, np.ndarray]:
        """Keras Tuner guesses what running trials will score by the model of its last choice, or by none."""
        if self.ongoing_trials:
            every, self.trials = self.trials, _completed(self.trials)
            try:
                self.gpr.fit(*super()._vectorize_trials())
            finally:
                self.trials = every
        found: tuple[np.ndarray, np.ndarray] = super()._vectorize_trials()
        return found


def _completed(trials: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in trials.items() if one.status == TrialStatus.COMPLETED}


class _GridOracle(HistoryOracle, GridSearchOracle):  # type: ignore[misc]
    """Keras Tuner's own would wait for a trial's end before it goes on from it."""

    def choose(self, trial_id: str) -> Values | None:  # noqa: ARG002
        hp = self.get_space()
        if self.start_order:
            hp.values = self._get_next_combination(self.trials[self.start_order[-1]].hyperparameters.values)
            if hp.values is None:
                return None
        fill_in(hp)
        return hp.values  # type: ignore[no-any-return]


class _HyperbandOracle(Unsaved, HyperbandOracle):  # type: ignore[misc]
    pass


_ORACLES: Mapping[str, Callable[..., keras_tuner.Oracle]] = {
    "random": _RandomOracle,
    "grid": _GridOracle,
    "bayesian": _BayesianOracle,
    "hyperband": _HyperbandOracle,
    "tpe": TPEOracle,
    "asha": _RandomOracle,  # at random, and pruned
}

ALGORITHMS = tuple(_ORACLES)


def check_algorithm(algorithm: str, objectives: int) -> None:
    """Refuse an algorithm that there is not, or that cannot optimise so many objectives.

    Raises:
        UnknownNameError, SearchError: one line on it.
    """
    if algorithm not in ALGORITHMS:
        raise UnknownNameError("algorithm", algorithm, ALGORITHMS)
    if objectives > 1 and algorithm not in OF_SEVERAL_OBJECTIVES:
        raise SearchError(
            f"{algorithm} optimises one objective: use --algorithm tpe, grid or random, or name one objective"
        )


def make_oracle(plan: SearchPlan) -> keras_tuner.Oracle:
    """A new oracle for the search.

    Hyperband spreads `plan.epochs` over its brackets and stops by itself; `plan.trials` bounds it too.
    """
    check_algorithm(plan.algorithm, len(plan.objectives))
    options: dict[str, Any] = {
        "objective": keras_tuner.Objective(plan.objective.name, plan.objective.direction),
        "hyperparameters": restore(plan.space),
        "max_consecutive_failed_trials": NEVER,
        "seed": plan.seed + 1,  # Keras Tuner takes 0 for no seed
    }
    # Keras Tuner's default is 3 random trials for each hyperparameter, more than most searches run in all.
    random_trials = max(3, min(10, plan.trials // 3))
    if plan.algorithm == "bayesian":
        options["num_initial_points"] = random_trials
    if plan.algorithm == "tpe":
        options.update(random_trials=random_trials, objectives=plan.objectives)
    if plan.algorithm == "hyperband":
        oracle = _HyperbandOracle(max_epochs=plan.epochs, **options)
        oracle.max_trials = plan.trials
    else:
        oracle = _ORACLES[plan.algorithm](max_trials=plan.trials, **options)
    oracle.verbose = 0
    return oracle


def to_trial(asked: Any, number: int, plan: SearchPlan, **known: Any) -> Trial:  # a keras_tuner Trial
    """What the oracle asks for, as zoo's own Trial."""
    values: Hyperparameters = dict(asked.hyperparameters.values)
    return Trial(
        trial_id=asked.trial_id,
        number=number,
        hyperparameters=values,
        epochs=int(values.get("tuner/epochs", plan.epochs)),
        initial_epoch=int(values.get("tuner/initial_epoch", 0)),
        continues=str(values["tuner/trial_id"]) if "tuner/trial_id" in values else None,
        **known,
    )


def without_bookkeeping(hyperparameters: Hyperparameters) -> dict[str, Any]:
    """The hyperparameters without the oracle's own `tuner/…` entries."""
    return {name: value for name, value in hyperparameters.items() if not name.startswith("tuner/")}
