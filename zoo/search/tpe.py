"""Tree-structured Parzen estimators (Bergstra et al. 2011): Optuna's, behind the face of a Keras Tuner oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np
import optuna
from keras_tuner.engine.hyperparameters import Boolean, Choice, Fixed
from keras_tuner.engine.trial import TrialStatus
from optuna.trial import TrialState

from zoo.models.space import fill_in
from zoo.search.quietly import quietly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import HyperparameterValue

    Values = dict[str, HyperparameterValue]

BELOW_1 = float(np.nextafter(1.0, 0.0))
COLLISIONS = (
    20  # hyperparameters in a row that were tried before: then at random; so many again: all are tried
)


class TPEOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Chooses hyperparameters that good trials have more often than poor ones. The first trial has the defaults.

    A choice depends on the trials that came to an end, on the seed and on how many trials there were, and on no other
    state.

    Args:
        max_trials: as many are chosen, unless all have been tried before.
        random_trials: so many come before any is chosen by what the earlier ones scored.
        options: see `keras_tuner.Oracle`.
    """

    def __init__(self, *, max_trials: int, random_trials: int, **options: Any) -> None:
        super().__init__(max_trials=max_trials, **options)
        self._random_trials = random_trials
        with quietly():
            self._study = optuna.create_study(
                direction="maximize" if self.objective.direction == "max" else "minimize"
            )
        self._asked: dict[str, optuna.Trial] = {}
        self._tried: set[frozenset[tuple[str, HyperparameterValue]]] = set()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """What Keras Tuner asks for the values of the next trial."""
        known = {} if self.start_order else self._defaults()
        for collision in range(2 * COLLISIONS):
            with quietly():
                self._study.sampler = self._sampler(collision)
                asked = self._study.ask()
                values = self._choose(asked, known)
            key = frozenset(values.items())
            if key not in self._tried:
                self._tried.add(key)
                self._asked[trial_id] = asked
                return {"status": TrialStatus.RUNNING, "values": values}
            self._study.tell(asked, state=TrialState.FAIL)
        return {"status": TrialStatus.STOPPED}

    def end_trial(self, trial: Any) -> None:  # a keras_tuner Trial
        """Tell Optuna the score; a failed trial tells it nothing."""
        super().end_trial(trial)
        ended = self.trials[trial.trial_id]
        asked = self._asked.pop(trial.trial_id)
        if ended.status == TrialStatus.COMPLETED:
            self._study.tell(asked, ended.score)
        else:
            self._study.tell(asked, state=TrialState.FAIL)

    def _sampler(self, collision: int) -> optuna.samplers.BaseSampler:
        """A new one for each choice, so that none depends on how often an earlier one was asked."""
        drawn = np.random.SeedSequence([self.seed, len(self.start_order), collision])
        seed = int(drawn.generate_state(1)[0])
        if collision >= COLLISIONS:
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(
            n_startup_trials=self._random_trials, multivariate=True, group=True, seed=seed
        )

    def _defaults(self) -> Values:
        """The defaults, which Optuna is told to suggest next."""
        hp = self.get_space()
        fill_in(hp)
        self._study.enqueue_trial(
            {name: _place(one, hp.values[one.name]) for name, one in _named(hp) if hp.is_active(one)}
        )
        defaults: Values = hp.values
        return defaults

    def _choose(self, asked: optuna.Trial, known: Values) -> Values:
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
