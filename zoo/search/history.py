"""Oracles whose choice depends on nothing but the trials so far and the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras_tuner.engine.trial import TrialStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Hyperparameters, HyperparameterValue

    Values = dict[str, HyperparameterValue]


class Unsaved:
    """Keeps a Keras Tuner oracle from writing its state to JSON files: the registry's trials are its state."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.scores: dict[str, Mapping[str, float]] = {}

    def save(self) -> None:
        """Nothing is written."""

    def _save_trial(self, trial: Any) -> None:
        pass


class HistoryOracle(Unsaved):
    """To come before a Keras Tuner oracle, which then repeats no choice and has no other state than its trials.

    Keras Tuner forgets grid search's queue and Bayesian search's random state when it saves an oracle, so a search that
    goes on would go another way. Here each choice is seeded by the number of trials before it.
    """

    given: Hyperparameters | None = None
    """The values of the next trial, if they are chosen elsewhere."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """What Keras Tuner asks for the values of the next trial."""
        if self.given is not None:
            values: Values | None = dict(self.given)
            self.given = None
            self.take(trial_id, dict(values or {}))
        else:
            values = self.choose(trial_id)
        if values is None:
            return {"status": TrialStatus.STOPPED}
        return {"status": TrialStatus.RUNNING, "values": values}

    def choose(self, trial_id: str) -> Values | None:
        """Values that no trial has had; None if there are none left."""
        raise NotImplementedError

    def take(self, trial_id: str, values: Values) -> None:
        """Hear of a choice that was made elsewhere."""

    def seed_of_choice(self, attempt: int = 0) -> int:
        """Another one for each trial, and for each attempt to choose its values."""
        number = len(self.start_order)  # type: ignore[attr-defined]
        drawn = np.random.SeedSequence([self.seed, number, attempt])  # type: ignore[attr-defined]
        return int(drawn.generate_state(1)[0])
