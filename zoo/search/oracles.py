"""Keras Tuner's oracles, which choose the hyperparameters of the next trial, made and brought back to life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    GridSearchOracle,
    HyperbandOracle,
    RandomSearchOracle,
)

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import Hyperparameters, Objective, SearchPlan, Trial
from zoo.models.space import fill_in, restore
from zoo.search.tpe import TPEOracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TUNER_ID = "zoo"
# The loop counts failures itself: Keras Tuner would raise before the failed trial is recorded.
NEVER = 10**9

OBJECTIVES: Mapping[str, Objective] = {
    "val_accuracy": Objective("val_accuracy", "max"),
    "val_loss": Objective("val_loss", "min"),
}


class _DefaultsFirst:
    """Makes the first trial the defaults: their authors chose them, and few random draws beat them."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """What Keras Tuner asks for the values of the next trial."""
        if self.start_order:  # type: ignore[attr-defined]
            return super().populate_space(trial_id)  # type: ignore[misc, no-any-return]
        defaults = self.get_space()  # type: ignore[attr-defined]
        fill_in(defaults)
        return {"status": TrialStatus.RUNNING, "values": defaults.values}


class _RandomOracle(_DefaultsFirst, RandomSearchOracle):  # type: ignore[misc]
    pass


class _BayesianOracle(_DefaultsFirst, BayesianOptimizationOracle):  # type: ignore[misc]
    pass


_ORACLES: Mapping[str, Callable[..., keras_tuner.Oracle]] = {
    "random": _RandomOracle,
    "grid": GridSearchOracle,
    "bayesian": _BayesianOracle,
    "hyperband": HyperbandOracle,
    "tpe": TPEOracle,
    "asha": _RandomOracle,  # at random, and pruned
}

ALGORITHMS = tuple(_ORACLES)


def find_objective(name: str) -> Objective:
    """The objective of that name, with its direction; Keras Tuner's own guess is never asked.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in OBJECTIVES:
        raise UnknownNameError("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


def make_oracle(plan: SearchPlan) -> keras_tuner.Oracle:
    """A new oracle for the search.

    Hyperband spreads `plan.epochs` over its brackets and stops by itself; `plan.trials` bounds it too.
    """
    if plan.algorithm not in _ORACLES:
        raise UnknownNameError("algorithm", plan.algorithm, ALGORITHMS)
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
        options["random_trials"] = random_trials
    if plan.algorithm == "hyperband":
        oracle = HyperbandOracle(max_epochs=plan.epochs, **options)
        oracle.max_trials = plan.trials
    else:
        oracle = _ORACLES[plan.algorithm](max_trials=plan.trials, **options)
    oracle.verbose = 0
    return oracle


def replay(
    oracle: keras_tuner.Oracle, objective: Objective, past: Iterable[tuple[Trial, float | None]]
) -> None:
    """Bring a new oracle to where it stood, by asking and telling it again what it was asked and told.

    Keras Tuner saves neither grid search's queue nor the random state of Bayesian search, so its own saved
    state does not bring those back; the trials do, for every algorithm.

    Args:
        past: the trials that came to an end, in order, each with its score; None for a failed one.

    Raises:
        SearchError: the oracle now chooses other hyperparameters than it did.
    """
    for trial, score in past:
        asked = oracle.create_trial(TUNER_ID)
        if asked.hyperparameters.values != trial.hyperparameters:
            raise SearchError(
                f"the search cannot go on: trial {trial.number} would get other hyperparameters than it had; "
                "was keras-tuner changed since? Start a new search"
            )
        if score is None:
            asked.status = TrialStatus.FAILED
        else:
            oracle.update_trial(asked.trial_id, {objective.name: score})
            asked.status = TrialStatus.COMPLETED
        oracle.end_trial(asked)


def to_trial(asked: Any, number: int, epochs: int) -> Trial:  # a keras_tuner Trial
    """What the oracle asks for, as zoo's own Trial."""
    values: Hyperparameters = dict(asked.hyperparameters.values)
    return Trial(
        trial_id=asked.trial_id,
        number=number,
        hyperparameters=values,
        epochs=int(values.get("tuner/epochs", epochs)),
        initial_epoch=int(values.get("tuner/initial_epoch", 0)),
        continues=str(values["tuner/trial_id"]) if "tuner/trial_id" in values else None,
    )


def without_bookkeeping(hyperparameters: Hyperparameters) -> dict[str, Any]:
    """The hyperparameters without the oracle's own `tuner/…` entries."""
    return {name: value for name, value in hyperparameters.items() if not name.startswith("tuner/")}
