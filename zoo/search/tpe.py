"""Tree-structured Parzen estimators (Bergstra et al. 2011): Optuna's, behind the face of a Keras Tuner oracle."""

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
# Hyperparameters in a row that were tried before: then they are drawn at random; so many again: all are tried.
COLLISIONS = 20


class TPEOracle(HistoryOracle, keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Chooses hyperparameters that good trials have more often than poor ones; of several objectives, those of trials
    that no other beats in all (Ozaki et al. 2022).

    Args:
        objectives: what `Score.scores` holds of each trial.
        max_trials: as many are chosen, unless all have been tried before.
        random_trials: so many come before any is chosen by what the earlier ones scored.
        options: see `keras_tuner.Oracle`.
    """

    def __init__(
        self, *, objectives: tuple[Objective, ...], max_trials: int, random_trials: int, **options: Any
    ) -> None:
        super().__init__(max_trials=max_trials, **options)
        self._objectives, self._random_trials = objectives, random_trials
        with without_optuna_logs():
            self._study = optuna.create_study(
                directions=["maximize" if one.direction == "max" else "minimize" for one in objectives]
            )
        self._asked: dict[str, optuna.Trial] = {}

    def choose(self, trial_id: str) -> Values | None:
        """Values that no trial has had; None if there are none left."""
        for collision in range(2 * COLLISIONS):
            with without_optuna_logs():
                self._study.sampler = self._sampler(collision)
                asked = self._study.ask()
                values = self._suggest_all(asked, {})
            if not self._duplicate(values):
                self._asked[trial_id] = asked
                return values
            self._study.tell(asked, state=TrialState.FAIL)
        return None

    def take(self, trial_id: str, values: Values) -> None:
        """Tell Optuna of a choice that was made elsewhere."""
        hp = self.get_space()
        hp.values = dict(values)
        with without_optuna_logs():
            self._study.sampler = optuna.samplers.RandomSampler(seed=0)
            self._study.enqueue_trial(
                {name: _place(one, values[one.name]) for name, one in _named(hp) if hp.is_active(one)}
            )
            asked = self._study.ask()
            self._suggest_all(asked, values)
        self._asked[trial_id] = asked

    def end_trial(self, trial: Any) -> None:  # a keras_tuner Trial
        """Tell Optuna the scores; a failed trial tells it nothing."""
        super().end_trial(trial)
        asked = self._asked.pop(trial.trial_id)
        if self.trials[trial.trial_id].status == TrialStatus.COMPLETED:
            scores = self.scores[trial.trial_id]
            self._study.tell(asked, [scores[objective.name] for objective in self._objectives])
        else:
            self._study.tell(asked, state=TrialState.FAIL)

    def _sampler(self, collision: int) -> optuna.samplers.BaseSampler:
        """A new one for each choice, so that none depends on how often an earlier one was asked."""
        seed = self.seed_of_choice(collision)
        if collision >= COLLISIONS:
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(
            n_startup_trials=self._random_trials, multivariate=True, group=True, constant_liar=True, seed=seed
        )

    def _suggest_all(self, asked: optuna.Trial, known: Values) -> Values:
        """A value for each hyperparameter that the values before it switch on; a known one as it is."""
        hp = self.get_space()
        hp.values = {}
        for name, one in _named(hp):
            if hp.is_active(one):
                suggested = _suggest(asked, name, one)
                hp.values[one.name] = known.get(one.name, suggested)
        values: Values = hp.values
        return values


def _named(hp: keras_tuner.HyperParameters) -> Iterator[tuple[str, Any]]:
    """Each hyperparameter with a name of its own: in Keras Tuner one may stand for several that exclude each other."""
    for place, one in enumerate(hp.space):
        yield f"{place} {one.name}", one


def _suggest(asked: optuna.Trial, name: str, one: Any) -> HyperparameterValue:
    """What Optuna suggests for a hyperparameter of Keras Tuner: a place among its values, or in its range from 0 to 1,
    which Keras Tuner scales."""
    value: HyperparameterValue
    if isinstance(one, Fixed):
        value = one.value
    elif isinstance(one, (Boolean, Choice)):
        value = one.values[asked.suggest_categorical(name, range(len(one.values)))]
    else:
        value = one.prob_to_value(asked.suggest_float(name, 0.0, BELOW_1))
    return value


def _place(one: Any, value: HyperparameterValue) -> float:
    """What `_suggest` makes this value of."""
    if isinstance(one, (Boolean, Choice)):
        return one.values.index(value)  # type: ignore[no-any-return]
    return 0.0 if isinstance(one, Fixed) else min(one.value_to_prob(value), BELOW_1)
