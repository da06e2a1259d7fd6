"""When a search ends before its number of trials, and when a trial ends before its epochs: time, target, no more gain.

Under a time limit each of several architectures gets a first trial: as long as some have not begun, a first trial may
take the time that is left divided by the number of architectures that have not begun, itself included.
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
"""A trial ends after so many epochs without a gain at the best possible value of its objective."""


@dataclass
class _Standing:
    """A trial at work.

    Args:
        deadline: of a first trial: when its share of the time is over.
        best: the objective's value and the validation loss of its best epoch.
        stale: epochs in a row that were no better.
    """

    deadline: float | None = None
    best: tuple[float, float] | None = None
    stale: int = 0


class Limits:
    """The limits of one search.

    Args:
        begun: architectures of which a trial has come to an end before.
        clock: seconds from some moment on.
    """

    def __init__(self, plan: SearchPlan, begun: set[str], clock: Callable[[], float]) -> None:
        self._plan, self._clock, self._begun = plan, clock, begun
        self._ends = None if plan.options.max_seconds is None else clock() + plan.options.max_seconds
        self._trials: dict[str, _Standing] = {}
        # A later trial goes on from the epochs that an earlier one was to reach.
        self._whole_trials = continues_trials(plan.algorithm)

    @property
    def untried(self) -> list[str]:
        """The architectures that no trial has begun with."""
        return [name for name in self._plan.architectures if name not in self._begun]

    def time_is_over(self) -> bool:
        """Whether the time limit is reached."""
        return self._ends is not None and self._clock() >= self._ends

    def target_is_met(self, value: float) -> bool:
        """Whether the value is as good as the target."""
        target = self._plan.options.target
        return target is not None and not self._plan.monitor.better(target, value)

    def trial_began(self, trial: Trial) -> None:
        """The trial is about to train; of an architecture's first trial the share of the time begins."""
        standing = self._trials.setdefault(trial.trial_id, _Standing())
        architecture = from_joint(trial.hyperparameters, self._plan.architectures)[0]
        if self._ends is not None and architecture in self.untried:
            now = self._clock()
            standing.deadline = now + max(0.0, self._ends - now) / len(self.untried)
        self._begun.add(architecture)

    def epoch_ended(self, trial: Trial, value: float, loss: float) -> None:
        """One more epoch of the trial is done."""
        standing = self._trials.setdefault(trial.trial_id, _Standing())
        if standing.best is None or _is_gain(self._plan.monitor, (value, loss), standing.best):
            standing.best, standing.stale = (value, loss), 0
        else:
            standing.stale += 1

    def trial_is_over(self, trial: Trial) -> bool:
        """Whether the trial ends here with what it has, so that others get their turn."""
        if self._whole_trials:
            return False
        standing = self._trials[trial.trial_id]
        if standing.deadline is not None and self.untried and self._clock() >= standing.deadline:
            return True
        if standing.best is None or self._plan.monitor not in self._plan.objectives:
            return False
        return standing.best[0] == _best_possible(self._plan.monitor) and standing.stale >= STALE_EPOCHS

    def trial_ended(self, trial: Trial) -> None:
        """The trial needs no more watching."""
        self._trials.pop(trial.trial_id, None)


def _is_gain(monitor: Objective, epoch: tuple[float, float], best: tuple[float, float]) -> bool:
    """As the best epoch of a training is chosen: by the objective, of equal ones by the validation loss."""
    if epoch[0] == best[0]:
        return epoch[1] < best[1]
    return monitor.better(epoch[0], best[0])


def _best_possible(objective: Objective) -> float | None:
    """The value that none is better than; None for a metric that is not in the table."""
    metric = metric_of(objective.name)
    if metric is None:
        return None
    return metric.high if objective.direction == "max" else 0.0
