"""The trial loop: ask the oracle, train, tell the oracle and the recorder."""

from __future__ import annotations

import math
import tempfile
import time
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FatalError

from zoo.errors import RegistryError, SearchError, ZooError
from zoo.search.oracles import TUNER_ID, make_oracle, replay, to_trial
from zoo.search.pruning import Pruned, Pruning, TrialCurve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from zoo.interfaces import Epoch, SearchPlan, Trial, TrialOutcome, TrialRecorder

    Watch = Callable[[Epoch], bool]
    Train = Callable[[Trial, Watch], TrialOutcome]

FAILURES_IN_A_ROW = 3


@dataclass(frozen=True)
class PastTrial:
    """A trial of an interrupted search that came to an end.

    Args:
        score: the objective's value, of a pruned trial the best that it reached; None for a failed one.
        curve: the objective after each epoch.
        pruned: it was not worth finishing.
    """

    trial: Trial
    score: float | None
    curve: Sequence[float] = ()
    pruned: bool = False


def run_search(
    plan: SearchPlan, train: Train, recorder: TrialRecorder, past: Iterable[PastTrial] = ()
) -> str | None:
    """Run trials until the plan's number is reached, its time is over, its target is met or the space is exhausted.

    A trial that raises is recorded as failed and the search goes on.

    Args:
        train: trains one trial. It calls the function that it is given after each epoch, and ends the training
            where that gives true.
        past: trials of an interrupted search that came to an end, in order.

    Returns:
        Why the search ended before its number of trials, if it was for its time or its target.

    Raises:
        SearchError: three trials in a row failed; the message holds the last one's error.
        RegistryError: a trial could not be recorded.
    """
    # Keras Tuner insists on writing its state as JSON files; nothing reads them, the registry has the trials.
    with tempfile.TemporaryDirectory(prefix="zoo-search-") as scratch, _without_known_warnings():
        tuner = _Tuner(plan, train, recorder, scratch)
        known = list(past)
        replay(tuner.oracle, plan.objective, [(one.trial, one.score) for one in known])
        for one in known:
            tuner.pruning.remember(one.curve, finished=one.score is not None and not one.pruned)
        try:
            tuner.search()
        except FatalError as error:
            raise error.__cause__ or error from None
        return tuner.ended_early


@contextmanager
def _without_known_warnings() -> Iterator[None]:
    """Hold back what Keras Tuner's arithmetic says of a failed trial and of a model with few points."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN axis encountered", RuntimeWarning)
        warnings.filterwarnings("ignore", module="sklearn.gaussian_process")
        yield


class _Tuner(BaseTuner):  # type: ignore[misc]  # keras_tuner is untyped
    """Keras Tuner's loop around our training."""

    def __init__(self, plan: SearchPlan, train: Train, recorder: TrialRecorder, directory: str) -> None:
        super().__init__(make_oracle(plan), directory=directory, project_name="trials")
        self.tuner_id = TUNER_ID
        self.plan, self.train, self.recorder = plan, train, recorder
        self.pruning = Pruning(plan.pruner, plan.objective)
        self.began = time.monotonic()
        self.ended_early: str | None = None
        self.curve: TrialCurve | None = None
        self.outcome: TrialOutcome | None = None
        self.pruned: Pruned | None = None
        self.error: str | None = None
        self.failures_in_a_row = 0

    def on_trial_begin(self, trial: Any) -> None:
        self.outcome = self.pruned = self.error = None
        self.curve = self.pruning.start()
        self.recorder.trial_started(self._own(trial))

    def run_trial(self, trial: Any) -> dict[str, float]:
        """Train. A trial that fails scores NaN, by which Keras Tuner knows it; were it to raise, Keras Tuner
        would print the traceback into the user's table."""
        score = math.nan
        try:
            self.outcome = self.train(self._own(trial), self._watch)
            score = self.outcome.score
        except Pruned as pruned:
            self.pruned, score = pruned, pruned.score
        except RegistryError as error:
            raise FatalError(str(error)) from error  # not the trial's fault: ends the search
        except ZooError as error:
            self.error = str(error)
        except Exception:
            self.error = traceback.format_exc()
        return {self.plan.objective.name: score}

    def on_trial_end(self, trial: Any) -> None:
        self.oracle.end_trial(trial)
        self._tell(trial)
        if self.ended_early is None:
            self.ended_early = self._time_is_over()
        if self.ended_early is not None:
            self.oracle.max_trials = len(self.oracle.trials)  # Keras Tuner asks for one more, and stops

    def _tell(self, trial: Any) -> None:
        assert self.curve is not None  # noqa: S101  on_trial_begin made it
        done = trial.status == TrialStatus.COMPLETED
        self.curve.end(finished=done and self.pruned is None)
        if done:
            self.failures_in_a_row = 0
        if done and self.pruned is not None:
            self.recorder.trial_pruned(self._own(trial), self.pruned.reason)
        elif done and self.outcome is not None:
            self.recorder.trial_completed(self._own(trial), self.outcome)
        else:
            self._tell_failure(trial)

    def _tell_failure(self, trial: Any) -> None:
        error = self.error or f"{self.plan.objective.name} is not a number"
        self.recorder.trial_failed(self._own(trial), error)
        self.failures_in_a_row += 1
        if self.failures_in_a_row == FAILURES_IN_A_ROW:
            raise SearchError(
                f"stopped after {FAILURES_IN_A_ROW} failed trials in a row; the last one: {last_line(error)}"
            )

    def _watch(self, epoch: Epoch) -> bool:
        """After each epoch: whether the search, and so the trial, has come to its end.

        Raises:
            Pruned: the trial is not worth finishing.
        """
        assert self.curve is not None  # noqa: S101  on_trial_begin made it
        value = epoch.metrics[self.plan.objective.name]
        reason = self.curve.report(epoch.number, value)
        self.ended_early = self._target_is_met(value) or self._time_is_over()
        if self.ended_early is None and reason is not None:
            raise Pruned(reason, self.curve.best)
        return self.ended_early is not None

    def _target_is_met(self, value: float) -> str | None:
        target = self.plan.target
        if target is None or self.plan.objective.better(target, value):
            return None
        return f"the target is met: {self.plan.objective.name} {value:.4f}"

    def _time_is_over(self) -> str | None:
        seconds = self.plan.max_seconds
        if seconds is None or time.monotonic() - self.began < seconds:
            return None
        return f"the time is over, after {len(self.oracle.trials)} of {self.plan.trials} trials"

    def _own(self, trial: Any) -> Trial:
        number = self.oracle.start_order.index(trial.trial_id) + 1
        return to_trial(trial, number, self.plan.epochs)


def last_line(error: str) -> str:
    """The line of a traceback that says what went wrong."""
    return error.strip().splitlines()[-1]
