"""Keras Tuner's oracles, which choose the hyperparameters of the next trial: what `zoo.interfaces.algorithms` names."""

from __future__ import annotations

from pkgutil import resolve_name
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

from zoo.interfaces import Hyperparameters, SearchPlan, Trial
from zoo.interfaces.algorithms import find_algorithm
from zoo.interfaces.spaces import ARCHITECTURE
from zoo.models.space import fill_in, restore
from zoo.search.history import HistoryOracle, Unsaved
from zoo.search.tpe import TPEOracle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from zoo.interfaces import HyperparameterValue

    Values = dict[str, HyperparameterValue]

# The loop counts failures itself: Keras Tuner would raise before the failed trial is recorded.
NEVER = 10**9
# Choices in a row that were made before: then a search at random holds the space for exhausted.
COLLISIONS = 200


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
    """Keras Tuner's own would wait for a trial's end before it goes on from it.

    Several architectures take turns, each going through its combinations: one after another, few would be tried at all.
    """

    def choose(self, trial_id: str) -> Values | None:  # noqa: ARG002
        tried: dict[str, list[Values]] = {name: [] for name in self._architectures}
        for name in self.start_order:
            values = self.trials[name].hyperparameters.values
            tried[str(values.get(ARCHITECTURE, ""))].append(values)
        for architecture in sorted(tried, key=lambda name: len(tried[name])):  # keeps the order of equals
            values = self._next_of(architecture, tried[architecture])
            if values is not None:
                return values
        return None

    @property
    def _architectures(self) -> list[str]:
        for hp in self.get_space().space:
            if hp.name == ARCHITECTURE:
                return [str(value) for value in hp.values]
        return [""]

    def _next_of(self, architecture: str, tried: Sequence[Values]) -> Values | None:
        """The architecture's next combination; None if there is none left."""
        if tried:
            values: Values | None = self._get_next_combination(tried[-1])
            same = values is not None and values.get(ARCHITECTURE, "") == architecture
            return values if same else None
        hp = self.get_space()
        if architecture:
            hp.values = {ARCHITECTURE: architecture}
        fill_in(hp)
        return hp.values  # type: ignore[no-any-return]


class _HyperbandOracle(Unsaved, HyperbandOracle):  # type: ignore[misc]
    pass


def random_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """An oracle that chooses at random."""
    return _RandomOracle(max_trials=plan.trials, **options)


def grid_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """An oracle that goes through all combinations."""
    return _GridOracle(max_trials=plan.trials, **options)


def bayesian_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """An oracle that fits a Gaussian process to the scores."""
    return _BayesianOracle(max_trials=plan.trials, num_initial_points=_random_trials(plan), **options)


def hyperband(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """An oracle that spreads `plan.epochs` over its brackets and stops by itself; `plan.trials` bounds it too."""
    oracle = _HyperbandOracle(max_epochs=plan.epochs, **options)
    oracle.max_trials = plan.trials
    return oracle


def tpe(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """See `zoo.search.tpe`."""
    return TPEOracle(
        objectives=plan.objectives,
        max_trials=plan.trials,
        random_trials=_random_trials(plan),
        **options,
    )


def _random_trials(plan: SearchPlan) -> int:
    """How many trials come before any is chosen by scores.

    Keras Tuner's default is 3 for each hyperparameter, more than most searches run in all. More trials later must not
    change what the first ones were.
    """
    return max(3, min(10, plan.initial_trials // 3))


class _MoreTrials(int):
    """The number of trials of an extended search, written as the one that it began with.

    Keras Tuner pads the names of trials with zeros to its width, so that names would change with it.
    """

    def __new__(cls, plan: SearchPlan) -> Self:
        number = super().__new__(cls, plan.trials)
        number.written = str(plan.initial_trials)
        return number

    written: str

    def __str__(self) -> str:
        return self.written


def make_oracle(plan: SearchPlan) -> keras_tuner.Oracle:
    """A new oracle for the search, by the row of its algorithm."""
    algorithm = find_algorithm(plan.algorithm, objectives=len(plan.objectives))
    make: Callable[..., keras_tuner.Oracle] = resolve_name(algorithm.oracle)
    oracle = make(
        plan,
        objective=keras_tuner.Objective(plan.objective.name, plan.objective.direction),
        hyperparameters=restore(plan.space),
        max_consecutive_failed_trials=NEVER,
        seed=plan.seed + 1,  # Keras Tuner takes 0 for no seed
    )
    oracle.verbose = 0
    if plan.trials != plan.initial_trials:
        oracle.max_trials = _MoreTrials(plan)
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
