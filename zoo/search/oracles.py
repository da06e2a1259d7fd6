"""Keras Tuner's oracles, which choose the hyperparameters of trials; `zoo.interfaces.algorithms` names them."""

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
# After so many repeated choices in a row, random search considers the space exhausted.
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
        # The matrices are small: with several threads, synchronisation would take many times as long.
        with threadpool_limits(1):
            values = BayesianOptimizationOracle.populate_space(self, trial_id)["values"]
        if values is not None and self._duplicate(values):
            values = self._random_values()  # the model's best guess has been tried already
        return values  # type: ignore[no-any-return]

    def _vectorize_trials(self) -> tuple[np.ndarray, np.ndarray]:
        """Fit the model before Keras Tuner predicts the scores of running trials with it.

        Keras Tuner itself would use the model of its last choice, or an unfitted one.
        """
        if self.ongoing_trials:
            all_trials, self.trials = self.trials, _completed(self.trials)
            try:
                self.gpr.fit(*super()._vectorize_trials())
            finally:
                self.trials = all_trials
        vectors: tuple[np.ndarray, np.ndarray] = super()._vectorize_trials()
        return vectors


def _completed(trials: Mapping[str, Any]) -> dict[str, Any]:
    return {name: trial for name, trial in trials.items() if trial.status == TrialStatus.COMPLETED}


class _GridOracle(HistoryOracle, GridSearchOracle):  # type: ignore[misc]
    """Grid search that does not wait for a trial to end before it continues from it, as Keras Tuner's does.

    Several architectures take turns: one after another, only the first few would be tried.
    """

    def choose(self, trial_id: str) -> Values | None:  # noqa: ARG002
        tried: dict[str, list[Values]] = {name: [] for name in self._architectures}
        for name in self.start_order:
            values = self.trials[name].hyperparameters.values
            tried[str(values.get(ARCHITECTURE, ""))].append(values)
        for architecture in sorted(tried, key=lambda name: len(tried[name])):  # a stable sort
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
        """The architecture's next combination; None if none is left."""
        if tried:
            values: Values | None = self._get_next_combination(tried[-1])
            is_same = values is not None and values.get(ARCHITECTURE, "") == architecture
            return values if is_same else None
        hp = self.get_space()
        if architecture:
            hp.values = {ARCHITECTURE: architecture}
        fill_in(hp)
        return hp.values  # type: ignore[no-any-return]


class _HyperbandOracle(Unsaved, HyperbandOracle):  # type: ignore[misc]
    pass


def random_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """Return an oracle that chooses at random."""
    return _RandomOracle(max_trials=plan.trials, **options)


def grid_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """Return an oracle that tries all combinations."""
    return _GridOracle(max_trials=plan.trials, **options)


def bayesian_search(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """Return an oracle that fits a Gaussian process to the scores."""
    return _BayesianOracle(max_trials=plan.trials, num_initial_points=_random_trials(plan), **options)


def hyperband(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """Return an oracle that spreads `plan.epochs` over its brackets and stops by itself, or after `plan.trials`."""
    oracle = _HyperbandOracle(max_epochs=plan.epochs, **options)
    oracle.max_trials = plan.trials
    return oracle


def tpe(plan: SearchPlan, **options: Any) -> keras_tuner.Oracle:
    """Return the oracle of `zoo.search.tpe`."""
    return TPEOracle(
        objectives=plan.objectives,
        max_trials=plan.trials,
        random_trials=_random_trials(plan),
        **options,
    )


def _random_trials(plan: SearchPlan) -> int:
    """The number of random trials before any is chosen by scores.

    Keras Tuner's default is 3 for each hyperparameter, more than most searches run in total. Extending a search by more
    trials must not change the first ones.
    """
    return max(3, min(10, plan.initial_trials // 3))


class _MoreTrials(int):
    """The number of trials of an extended search, formatted as the number before the extension.

    Keras Tuner pads the names of trials with zeros to the width of this number, so names would change with it.
    """

    def __new__(cls, plan: SearchPlan) -> Self:
        number = super().__new__(cls, plan.trials)
        number.text = str(plan.initial_trials)
        return number

    text: str

    def __str__(self) -> str:
        return self.text


def make_oracle(plan: SearchPlan) -> keras_tuner.Oracle:
    """Create the oracle of the search's algorithm."""
    algorithm = find_algorithm(plan.algorithm, objectives=len(plan.objectives))
    make: Callable[..., keras_tuner.Oracle] = resolve_name(algorithm.oracle)
    oracle = make(
        plan,
        objective=keras_tuner.Objective(plan.objective.name, plan.objective.direction),
        hyperparameters=restore(plan.space),
        max_consecutive_failed_trials=NEVER,
        seed=plan.seed + 1,  # to Keras Tuner, 0 means no seed
    )
    oracle.verbose = 0
    if plan.trials != plan.initial_trials:
        oracle.max_trials = _MoreTrials(plan)
    return oracle


def to_trial(proposal: Any, number: int, plan: SearchPlan, **fields: Any) -> Trial:  # a keras_tuner Trial
    """Convert a trial that an oracle proposes to zoo's own Trial."""
    values: Hyperparameters = dict(proposal.hyperparameters.values)
    return Trial(
        trial_id=proposal.trial_id,
        number=number,
        hyperparameters=values,
        epochs=int(values.get("tuner/epochs", plan.epochs)),
        initial_epoch=int(values.get("tuner/initial_epoch", 0)),
        continues=str(values["tuner/trial_id"]) if "tuner/trial_id" in values else None,
        **fields,
    )
