"""Stops unpromising trials by Optuna's pruners, which compare their validation metric after each epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState

from zoo.search.optuna_logging import without_optuna_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.interfaces import Objective

REDUCTION = 3  # ASHA: of the trials that reach epoch 1, 3, 9, …, one in three continues
FINISHED_FIRST = 3  # median: the number of trials that must finish before any is pruned

_PRUNERS: Mapping[str, Callable[[], optuna.pruners.BasePruner]] = {
    "none": NopPruner,
    "median": lambda: MedianPruner(n_startup_trials=FINISHED_FIRST, n_warmup_steps=2),
    "asha": lambda: SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION),
}


class Pruning:
    """Compares a search's trials, epoch by epoch.

    Args:
        pruner: none, median (prunes trials that are worse than the median of the finished ones at the same epoch) or
            asha (Li et al. 2020: prunes trials that are not among the best third at epoch 1, 3, 9, …).
        objective: the quantity to compare.
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
        """Start a new trial's curve."""
        with without_optuna_logs():
            return TrialCurve(self._study, self._study.ask(), self._pruner, self._objective)


class TrialCurve:
    """The objective of one trial, epoch by epoch."""

    def __init__(self, study: optuna.Study, trial: optuna.Trial, pruner: str, objective: Objective) -> None:
        self._study, self._trial, self._pruner, self._objective = study, trial, pruner, objective
        self._values: dict[int, float] = {}

    @property
    def best(self) -> float:
        """The best value so far; NaN if there is none."""
        numbers = (value for value in self._values.values() if not math.isnan(value))
        return (max if self._objective.direction == "max" else min)(numbers, default=math.nan)

    def report(self, epoch: int, value: float) -> str | None:
        """Add a value; return the reason to prune the trial at this epoch, or None to continue.

        Args:
            epoch: from 1.
        """
        self._values[epoch] = value
        self._trial.report(value, epoch)
        return self._reason(epoch, value) if self._trial.should_prune() else None

    def end(self, *, finished: bool) -> None:
        """End the trial; from now on, others are compared with it if it has finished."""
        if finished and self._values:
            self._study.tell(self._trial, self.best)
        else:
            self._study.tell(self._trial, state=TrialState.FAIL)

    def _reason(self, epoch: int, value: float) -> str:
        others = [trial for trial in self._study.trials if trial.number != self._trial.number]
        values = [trial.intermediate_values[epoch] for trial in others if _counts(trial, self._pruner, epoch)]
        name = self._objective.name
        if self._pruner == "median":
            return (
                f"{name} {self.best:.4f} at best by epoch {epoch}, "
                f"where the median of {len(values)} trials is {np.median(values):.4f}"
            )
        return (
            f"{name} {value:.4f} at epoch {epoch} is not among the best 1 in {REDUCTION} "
            f"of {len(values) + 1} trials there"
        )


def _counts(trial: FrozenTrial, pruner: str, epoch: int) -> bool:
    """Whether others are compared with this trial."""
    return epoch in trial.intermediate_values and (pruner != "median" or trial.state == TrialState.COMPLETE)
