"""Tree-structured Parzen estimators (Bergstra et al. 2011): Optuna's sampler as a Keras Tuner oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np
import optuna
from keras_tuner.engine.hyperparameters import Boolean, Choice, Fixed
from keras_tuner.engine.trial import TrialStatus
from optuna.trial import TrialState

from zoo.search.history import HistoryOracle
from zoo.search.optuna_logging import without_optuna_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import HyperparameterValue, Objective

    Values = dict[str, HyperparameterValue]

BELOW_1 = float(np.nextafter(1.0, 0.0))
# After so many repeated choices in a row they are drawn at random; after as many again the space is exhausted.
COLLISIONS = 20


class TPEOracle(HistoryOracle, keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Chooses hyperparameters that good trials have more often than poor ones; with several objectives, good trials are
    those of the Pareto front (Ozaki et al. 2022).

    Args:
        objectives: the names of a trial's scores.
        max_trials: the maximal number of trials.
        random_trials: the number of random trials before any is chosen by earlier scores.
        options: see `keras_tuner.Oracle`.
    """

    def __init__(
        self, *, objectives: tuple[Objective, ...], max_trials: int, random_trials: int, **options: Any
    ) -> None:
        super().__init__(max_trials=max_trials, **options)
        self._objectives, self._random_trials = objectives, random_trials
        with without_optuna_logs():
            self._study = optuna.create_study(
                directions=[
                    "maximize" if objective.direction == "max" else "minimize" for objective in objectives
                ]
            )
        self._running: dict[str, optuna.Trial] = {}

    def choose(self, trial_id: str) -> Values | None:
        """Return values that no trial has had; None if none are left."""
        for collision in range(2 * COLLISIONS):
            with without_optuna_logs():
                self._study.sampler = self._sampler(collision)
                proposal = self._study.ask()
                values = self._suggest_all(proposal, {})
            self._study.tell(proposal, state=TrialState.FAIL)
            if not self._duplicate(values):
                # Optuna must learn of the values, as after an interruption, not of the positions that it drew: several
                # of them are the same whole number.
                self.take(trial_id, values)
                return values
        return None

    def take(self, trial_id: str, values: Values) -> None:
        """Report the values of a trial to Optuna."""
        hp = self.get_space()
        hp.values = dict(values)
        with without_optuna_logs():
            self._study.sampler = optuna.samplers.RandomSampler(seed=0)
            self._study.enqueue_trial(
                {
                    name: _to_optuna(param, values[param.name])
                    for name, param in _unique_names(hp)
                    if hp.is_active(param)
                }
            )
            proposal = self._study.ask()
            self._suggest_all(proposal, values)
        self._running[trial_id] = proposal

    def end_trial(self, trial: Any) -> None:  # a keras_tuner Trial
        """Report a trial's scores, or its failure, to Optuna."""
        super().end_trial(trial)
        proposal = self._running.pop(trial.trial_id)
        if self.trials[trial.trial_id].status == TrialStatus.COMPLETED:
            scores = self.scores[trial.trial_id]
            self._study.tell(proposal, [scores[objective.name] for objective in self._objectives])
        else:
            self._study.tell(proposal, state=TrialState.FAIL)

    def _sampler(self, collision: int) -> optuna.samplers.BaseSampler:
        """A new sampler for each choice, so that it does not depend on the random state of earlier choices."""
        seed = self.seed_of_choice(collision)
        if collision >= COLLISIONS:
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(
            n_startup_trials=self._random_trials, multivariate=True, group=True, constant_liar=True, seed=seed
        )

    def _suggest_all(self, proposal: optuna.Trial, fixed: Values) -> Values:
        """The values of all active hyperparameters: those in `fixed`, and Optuna's suggestions for the others."""
        hp = self.get_space()
        hp.values = {}
        for name, param in _unique_names(hp):
            if hp.is_active(param):
                suggested = _suggest(proposal, name, param)
                hp.values[param.name] = fixed.get(param.name, suggested)
        values: Values = hp.values
        return values


def _unique_names(hp: keras_tuner.HyperParameters) -> Iterator[tuple[str, Any]]:
    """Each hyperparameter with a unique name: in Keras Tuner, several that exclude each other may share one."""
    for index, param in enumerate(hp.space):
        yield f"{index} {param.name}", param


def _suggest(proposal: optuna.Trial, name: str, param: Any) -> HyperparameterValue:
    """Optuna's suggestion for a hyperparameter of Keras Tuner: the index of a value, or a position in its range from
    0 to 1, which Keras Tuner scales."""
    value: HyperparameterValue
    if isinstance(param, Fixed):
        value = param.value
    elif isinstance(param, (Boolean, Choice)):
        value = param.values[proposal.suggest_categorical(name, range(len(param.values)))]
    else:
        value = param.prob_to_value(proposal.suggest_float(name, 0.0, BELOW_1))
    return value


def _to_optuna(param: Any, value: HyperparameterValue) -> float:
    """The index or position that `_suggest` converts to this value."""
    if isinstance(param, (Boolean, Choice)):
        return param.values.index(value)  # type: ignore[no-any-return]
    return 0.0 if isinstance(param, Fixed) else min(param.value_to_prob(value), BELOW_1)
