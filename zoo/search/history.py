"""Oracles whose choices depend only on the trials so far and on the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras_tuner.engine.trial import TrialStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Hyperparameters, HyperparameterValue

    Values = dict[str, HyperparameterValue]


class Unsaved:
    """A mixin that keeps a Keras Tuner oracle from writing its state to JSON files: the registry stores the trials."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.scores: dict[str, Mapping[str, float]] = {}

    def save(self) -> None:
        """Write nothing."""

    def _save_trial(self, trial: Any) -> None:
        pass


class HistoryOracle(Unsaved):
    """A mixin before a Keras Tuner oracle, which then repeats no choice and has no state other than its trials.

    Keras Tuner does not save grid search's queue and Bayesian search's random state with an oracle, so a resumed search
    would make other choices. Here each choice is seeded with the number of trials before it.
    """

    next_values: Hyperparameters | None = None
    """The values of the next trial, if the oracle is not to choose them."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of the next trial; called by Keras Tuner."""
        if self.next_values is not None:
            values: Values | None = dict(self.next_values)
            self.next_values = None
            self.take(trial_id, dict(values or {}))
        else:
            values = self.choose(trial_id)
        if values is None:
            return {"status": TrialStatus.STOPPED}
        return {"status": TrialStatus.RUNNING, "values": values}

    def choose(self, trial_id: str) -> Values | None:
        """Return values that no trial has had; None if none are left."""
        raise NotImplementedError

    def take(self, trial_id: str, values: Values) -> None:
        """Learn of values that the oracle did not choose."""

    def seed_of_choice(self, draw: int = 0) -> int:
        """The seed of a choice, different for each trial and each draw of its values."""
        number = len(self.start_order)  # type: ignore[attr-defined]
        sequence = np.random.SeedSequence([self.seed, number, draw])  # type: ignore[attr-defined]
        return int(sequence.generate_state(1)[0])
