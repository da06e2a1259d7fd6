"""Which trials are not worth finishing, as Optuna's pruners judge by their validation metric after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState

from zoo.search.optuna_logging import without_optuna_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.interfaces import Objective

REDUCTION = 3  # ASHA: of the trials that reach epoch 1, 3, 9 …, one in three goes on
FINISHED_FIRST = 3  # median: trials that finish before any is compared with them

_PRUNERS: Mapping[str, Callable[[], optuna.pruners.BasePruner]] = {
    "none": NopPruner,
    "median": lambda: MedianPruner(n_startup_trials=FINISHED_FIRST, n_warmup_steps=2),
    "asha": lambda: SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION),
}


class Pruning:
    """Compares a search's trials, epoch by epoch.

    Args:
        pruner: none, median (worse than the median of the trials that finished, at the same epoch) or asha (Li et
            al. 2020: not among the best third of the trials that came to epoch 1, 3, 9 …).
        objective: what is compared.
    """

    def __init__(self, pruner: str, objective: Objective) -> None:
        self._pruner, self._objective = pruner, objective
        with without_optuna_logs():
            self._study = optuna.create_study(
                direction="maximize" if objective.direction == "max" else "minimize",
                sampler=optuna.samplers.RandomSampler(seed=0),
                pruner=_PRUNERS[pruner](),
            )

    def start(self) -> TrialCurve:
        """A new trial's curve."""
        with without_optuna_logs():
            return TrialCurve(self._study, self._study.ask(), self._pruner, self._objective)


class TrialCurve:
    """The objective of one trial, epoch by epoch."""

    def __init__(self, study: optuna.Study, trial: optuna.Trial, pruner: str, objective: Objective) -> None:
        self._study, self._trial, self._pruner, self._objective = study, trial, pruner, objective
        self._values: dict[int, float] = {}

    @property
    def best(self) -> float:
        """The best value so far."""
        return (max if self._objective.direction == "max" else min)(self._values.values())

    def report(self, epoch: int, value: float) -> str | None:
        """Add a value; gives why the trial should end here, or None.

        Args:
            epoch: from 1.
        """
        self._values[epoch] = value
        self._trial.report(value, epoch)
        return self._reason(epoch, value) if self._trial.should_prune() else None

    def end(self, *, finished: bool) -> None:
        """The trial is over; it counts from now on, if it has come to its end."""
        if finished and self._values:
            self._study.tell(self._trial, self.best)
        else:
            self._study.tell(self._trial, state=TrialState.FAIL)

    def _reason(self, epoch: int, value: float) -> str:
        others = [trial for trial in self._study.trials if trial.number != self._trial.number]
        there = [trial.intermediate_values[epoch] for trial in others if _counts(trial, self._pruner, epoch)]
        name = self._objective.name
        if self._pruner == "median":
            return (
                f"{name} {self.best:.4f} at best by epoch {epoch}, "
                f"where the median of {len(there)} trials is {np.median(there):.4f}"
            )
        return (
            f"{name} {value:.4f} at epoch {epoch} is not among the best 1 in {REDUCTION} "
            f"of {len(there) + 1} trials there"
        )


def _counts(trial: FrozenTrial, pruner: str, epoch: int) -> bool:
    """Whether a trial is compared with."""
    return epoch in trial.intermediate_values and (pruner != "median" or trial.state == TrialState.COMPLETE)
