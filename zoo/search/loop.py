"""The trials of one search: which comes next, and what becomes of each. Where they train is another's business."""

from __future__ import annotations

import math
import time
import warnings
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_tuner.engine.trial import TrialStatus

from zoo.errors import SearchError
from zoo.models.joint_space import from_joint
from zoo.search.decisions import CONTINUE, STOP, prune
from zoo.search.history import HistoryOracle
from zoo.search.limits import Limits
from zoo.search.oracles import make_oracle, to_trial
from zoo.search.pruning import Pruning, TrialCurve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from zoo.interfaces import Epoch, SearchPlan, Trial, TrialOutcome, TrialRecorder
    from zoo.search.decisions import Decision

FAILURES_IN_A_ROW = 3


@dataclass(frozen=True)
class PastTrial:
    """A trial of an interrupted search.

    Args:
        place: when it came to an end, as a place in the order of endings; None: it was still running.
        scores: the objectives' values; of a pruned trial the best that it reached; None for a failed one.
        curve: what is looked at after each epoch.
        losses: the validation loss after each epoch.
        pruned: it was not worth finishing.
    """

    trial: Trial
    place: int | None
    scores: Mapping[str, float] | None = None
    curve: Sequence[float] = ()
    losses: Sequence[float] = ()
    pruned: bool = False


class TrialLoop:
    """Asks the oracle for trials, and tells the oracle and the recorder what became of them.

    Trials are asked for until the plan's number is reached, its time is over, its target is met or the space is
    exhausted. A trial that fails is recorded, and the search goes on.

    Args:
        past: the trials of a search that goes on, in order. Those that were still running are the first again.
        clock: seconds from some moment on, for the time limit.

    Raises:
        SearchError: the oracle would now choose other hyperparameters than it did.
    """

    def __init__(
        self,
        plan: SearchPlan,
        recorder: TrialRecorder,
        past: Sequence[PastTrial] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan, self.recorder = plan, recorder
        self.ended_early: str | None = None
        """Why the search ended before its number of trials, if it was for its time or its target."""
        self.target_was_met = False
        self._oracle = make_oracle(plan)
        self._pruning = Pruning(plan.options.pruner, plan.monitor)
        self._curves: dict[str, TrialCurve] = {}
        self._again: deque[Trial] = deque()
        ended = [one for one in past if one.place is not None]
        begun = {from_joint(one.trial.hyperparameters, plan.architectures)[0] for one in ended}
        self._limits = Limits(plan, begun, clock)
        self._failures_in_a_row = 0
        with _without_known_warnings():
            self._replay(past)

    @property
    def started(self) -> int:
        """How many trials have begun, those of the past included."""
        return len(self._oracle.start_order)

    @property
    def untried(self) -> list[str]:
        """The architectures that no trial has begun with."""
        return self._limits.untried

    def has_more(self) -> bool:
        """Whether there is one more trial to train; asks the algorithm, so the loop is not to be used afterwards."""
        return bool(self._again) or self._ask() is not None

    def next_trial(self) -> Trial | None:
        """The trial to train now, recorded as started.

        None: the search is over, or the algorithm waits for a running trial to end.
        """
        if self._oracle.start_order:
            self._end_for_time()
        if self.ended_early is not None:
            return None
        trial = self._again.popleft() if self._again else self._ask()
        if trial is not None:
            self._curves.setdefault(trial.trial_id, self._pruning.start())
            self._limits.trial_began(trial)
            self.recorder.trial_started(trial)
        return trial

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> Decision:
        """Record an epoch, and decide whether the trial goes on.

        It stops with what it has where the search is over, or by `zoo.search.limits`.
        """
        self.recorder.epoch_ended(trial, epoch, checkpoint)
        value = epoch.metrics[self.plan.monitor.name]
        reason = self._curves[trial.trial_id].report(epoch.number, value)
        self._limits.epoch_ended(trial, value, epoch.metrics.get("val_loss", math.inf))
        self._end_for_target(value)
        self._end_for_time()
        if self.ended_early is not None or self._limits.trial_is_over(trial):
            return STOP
        return CONTINUE if reason is None else prune(reason)

    def completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        """The trial has its scores; one of them that is no finite number makes it a failed one."""
        for objective in self.plan.objectives:
            score = outcome.scores[objective.name]
            if not math.isfinite(score):
                what = "not a number (NaN)" if math.isnan(score) else "infinite"
                self.failed(trial, f"{objective.name} is {what}")
                return
        self._failures_in_a_row = 0
        self._end_curve(trial, finished=True)
        self._tell(trial.trial_id, outcome.scores)
        self.recorder.trial_completed(trial, outcome)

    def pruned(self, trial: Trial, reason: str) -> None:
        """The trial was ended as not worth finishing; the oracle learns the best that it reached."""
        self._failures_in_a_row = 0
        curve = self._end_curve(trial, finished=False)
        self._tell(trial.trial_id, {self.plan.objective.name: curve.best})
        self.recorder.trial_pruned(trial, reason)

    def failed(self, trial: Trial, error: str) -> None:
        """The trial has no scores; `error` is one line, or a traceback.

        Raises:
            SearchError: it is the third in a row.
        """
        self._end_curve(trial, finished=False)
        self._tell(trial.trial_id, None)
        self.recorder.trial_failed(trial, error)
        self._failures_in_a_row += 1
        if self._failures_in_a_row == FAILURES_IN_A_ROW:
            raise SearchError(
                f"stopped after {FAILURES_IN_A_ROW} failed trials in a row; the last one: {last_line(error)}"
            )

    def _end_curve(self, trial: Trial, *, finished: bool) -> TrialCurve:
        self._limits.trial_ended(trial)
        curve = self._curves.pop(trial.trial_id)
        curve.end(finished=finished)
        return curve

    def _ask(self) -> Trial | None:
        number = len(self._oracle.start_order) + 1
        values, origin = self.plan.first[number - 1] if number <= len(self.plan.first) else (None, None)
        with _without_known_warnings():
            asked = self._create(number, values)
        if asked.status != TrialStatus.RUNNING:
            return None
        return to_trial(asked, number, self.plan, origin=origin, after=len(self._oracle.end_order))

    def _create(self, number: int, values: Mapping[str, Any] | None) -> Any:  # a keras_tuner Trial
        if values is not None and isinstance(self._oracle, HistoryOracle):
            self._oracle.given = values
        # The oracle gives a name that it knows the trial that it gave it before.
        return self._oracle.create_trial(f"trial {number}")

    def _tell(self, trial_id: str, scores: Mapping[str, float] | None) -> None:
        asked = self._oracle.trials[trial_id]
        if scores is None:
            asked.status = TrialStatus.FAILED
        else:
            self._oracle.scores[trial_id] = scores
            name = self.plan.objective.name
            self._oracle.update_trial(trial_id, {name: scores[name]})
            asked.status = TrialStatus.COMPLETED
        self._oracle.end_trial(asked)

    def _replay(self, past: Sequence[PastTrial]) -> None:
        """Bring a new oracle to where it stood, by asking and telling it in the order of then."""
        ended = sorted((one for one in past if one.place is not None), key=lambda one: one.place or 0)
        told = 0
        for one in past:
            while (
                told < min(one.trial.after, len(ended)) and ended[told].trial.trial_id in self._oracle.trials
            ):
                self._tell(ended[told].trial.trial_id, ended[told].scores)
                told += 1
            self._ask_again(one)
        for one in ended[told:]:
            self._tell(one.trial.trial_id, one.scores)

    def _ask_again(self, one: PastTrial) -> None:
        trial = one.trial
        asked = self._create(trial.number, trial.hyperparameters)
        if asked.hyperparameters.values != trial.hyperparameters:
            raise SearchError(
                f"the search cannot be resumed: trial {trial.number} would get other hyperparameters than it had; "
                "was keras-tuner changed since? Start a new search"
            )
        curve = self._pruning.start()
        for epoch, value in enumerate(one.curve, start=trial.initial_epoch + 1):
            curve.report(epoch, value)
        if one.place is None:
            for value, loss in zip(one.curve, one.losses, strict=False):
                self._limits.epoch_ended(trial, value, loss)
            self._curves[trial.trial_id] = curve
            self._again.append(trial)
        else:
            curve.end(finished=one.scores is not None and not one.pruned)

    def _end_for_target(self, value: float) -> None:
        if self.ended_early is None and self._limits.target_is_met(value):
            self.target_was_met = True
            self.ended_early = f"the target is met: {self.plan.monitor.name} {value:.4f}"

    def _end_for_time(self) -> None:
        if self.ended_early is None and self._limits.time_is_over():
            self.ended_early = f"the time is over, after {self.started} of {self.plan.trials} trials"


def last_line(error: str) -> str:
    """The line of a traceback that says what went wrong."""
    return error.strip().splitlines()[-1]


@contextmanager
def _without_known_warnings() -> Iterator[None]:
    """Hold back what Keras Tuner's arithmetic says of a failed trial and of a model with few points."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN axis encountered", RuntimeWarning)
        warnings.filterwarnings("ignore", module="sklearn.gaussian_process")
        yield
