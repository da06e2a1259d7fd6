"""Limits that end a search before its last trial, or a trial before its last epoch: time, target, no improvement.

With a time limit, each of several architectures gets a first trial: while some are untried, a first trial may take the
remaining time divided by the number of untried architectures, including its own, or by the number of remaining trials
if there are fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces.algorithms import continues_trials
from zoo.interfaces.metrics import metric_of
from zoo.models.joint_space import from_joint

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Objective, SearchPlan, Trial

STALE_EPOCHS = 3
"""A trial ends after so many epochs without improvement at the best possible value of its objective."""


@dataclass
class _RunningTrial:
    """A running trial.

    Args:
        deadline: for a first trial, the end of its share of the time.
        best: the objective's value and the validation loss of its best epoch.
        stale: the number of consecutive epochs without improvement.
    """

    deadline: float | None = None
    best: tuple[float, float] | None = None
    stale: int = 0


class Limits:
    """The limits of one search.

    Args:
        tried: architectures with a trial that ended before.
        clock: returns seconds, like `time.monotonic`.
    """

    def __init__(self, plan: SearchPlan, tried: set[str], clock: Callable[[], float]) -> None:
        self._plan, self._clock, self._tried = plan, clock, tried
        self._ends = None if plan.options.max_seconds is None else clock() + plan.options.max_seconds
        self._trials: dict[str, _RunningTrial] = {}
        # Later trials continue from the epochs that an earlier one was planned to reach.
        self._whole_trials = continues_trials(plan.algorithm)

    @property
    def untried(self) -> list[str]:
        """The architectures without any trial."""
        return [name for name in self._plan.architectures if name not in self._tried]

    def out_of_time(self) -> bool:
        """Whether the time limit is reached."""
        return self._ends is not None and self._clock() >= self._ends

    def meets_target(self, value: float) -> bool:
        """Whether the value is as good as the target or better."""
        target = self._plan.options.target
        return target is not None and not self._plan.monitor.better(target, value)

    def trial_started(self, trial: Trial) -> None:
        """The trial is about to train; if it is its architecture's first, its share of the time starts."""
        running = self._trials.setdefault(trial.trial_id, _RunningTrial())
        architecture = from_joint(trial.hyperparameters, self._plan.architectures)[0]
        first_trials = min(len(self.untried), self._plan.trials - trial.number + 1)
        if self._ends is not None and architecture in self.untried and first_trials > 1:
            now = self._clock()
            running.deadline = now + max(0.0, self._ends - now) / first_trials
        self._tried.add(architecture)

    def epoch_ended(self, trial: Trial, value: float, loss: float) -> None:
        """One more epoch of the trial is done."""
        running = self._trials.setdefault(trial.trial_id, _RunningTrial())
        if running.best is None or _improves(self._plan.monitor, (value, loss), running.best):
            running.best, running.stale = (value, loss), 0
        else:
            running.stale += 1

    def ends_trial(self, trial: Trial) -> bool:
        """Whether the trial ends after this epoch with its best one so far, so that others get their turn."""
        if self._whole_trials:
            return False
        running = self._trials[trial.trial_id]
        if running.deadline is not None and self.untried and self._clock() >= running.deadline:
            return True
        if running.best is None or self._plan.monitor not in self._plan.objectives:
            return False
        return running.best[0] == _best_possible(self._plan.monitor) and running.stale >= STALE_EPOCHS

    def trial_ended(self, trial: Trial) -> None:
        """The trial has ended."""
        self._trials.pop(trial.trial_id, None)


def _improves(monitor: Objective, epoch: tuple[float, float], best: tuple[float, float]) -> bool:
    """Whether an epoch is better by the objective, or equal and better by the validation loss, as in training."""
    if epoch[0] == best[0]:
        return epoch[1] < best[1]
    return monitor.better(epoch[0], best[0])


def _best_possible(objective: Objective) -> float | None:
    """The objective's best possible value; None for a metric that is not in the table."""
    metric = metric_of(objective.name)
    if metric is None:
        return None
    return metric.high if objective.direction == "max" else 0.0
