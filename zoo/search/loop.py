"""The loop over a search's trials: asks for the next one, and records how each ends. Executors train them."""

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
        place: its position in the order in which trials ended; None if it was still running.
        scores: the objectives' values; for a pruned trial, the best that it reached; None for a failed one.
        curve: the monitored value after each epoch.
        losses: the validation loss after each epoch.
        pruned: whether it was stopped as unpromising.
    """

    trial: Trial
    place: int | None
    scores: Mapping[str, float] | None = None
    curve: Sequence[float] = ()
    losses: Sequence[float] = ()
    pruned: bool = False


class TrialLoop:
    """Asks the oracle for trials, and reports their results to the oracle and the recorder.

    It asks until the number of trials, the time limit or the target is reached, or the space is exhausted. A failed
    trial is recorded, and the search continues.

    Args:
        past: the trials of a resumed search, in order. Those that were still running are trained first.
        clock: returns seconds, like `time.monotonic`, for the time limit.

    Raises:
        SearchError: the oracle would now choose other hyperparameters than before.
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
        """The reason why the search ended before its last trial, if time or target ended it."""
        self.target_was_met = False
        self._oracle = make_oracle(plan)
        self._pruning = Pruning(plan.options.pruner, plan.monitor)
        self._curves: dict[str, TrialCurve] = {}
        self._unfinished: deque[Trial] = deque()
        ended = [each.trial for each in past if each.place is not None]
        tried = {from_joint(trial.hyperparameters, plan.architectures)[0] for trial in ended}
        self._limits = Limits(plan, tried, clock)
        self._failures_in_a_row = 0
        with _without_expected_warnings():
            self._replay(past)

    @property
    def unfinished(self) -> int:
        """The number of past trials that were interrupted and have not been resumed yet."""
        return len(self._unfinished)

    @property
    def started(self) -> int:
        """The number of trials that have started, including past ones."""
        return len(self._oracle.start_order)

    @property
    def untried(self) -> list[str]:
        """The architectures without any trial."""
        return self._limits.untried

    def has_more(self) -> bool:
        """Whether any trial is left to train; asks the algorithm, so the loop must not be used afterwards."""
        return bool(self._unfinished) or self._ask() is not None

    def next_trial(self) -> Trial | None:
        """Return the trial to train now, recorded as started.

        None: the search has ended, or the algorithm waits for a running trial to end.
        """
        if self._oracle.start_order:
            self._end_for_time()
        if self.ended_early is not None:
            return None
        trial = self._unfinished.popleft() if self._unfinished else self._ask()
        if trial is not None:
            self._curves.setdefault(trial.trial_id, self._pruning.start())
            self._limits.trial_started(trial)
            self.recorder.trial_started(trial)
        return trial

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> Decision:
        """Record an epoch, and decide whether the trial continues.

        It stops with its best epoch so far if the search has ended, or by `zoo.search.limits`.
        """
        self.recorder.epoch_ended(trial, epoch, checkpoint)
        value = epoch.metrics[self.plan.monitor.name]
        curve = self._curves[trial.trial_id]
        reason = curve.report(epoch.number, value)
        self._limits.epoch_ended(trial, value, epoch.metrics.get("val_loss", math.inf))
        self._end_for_target(curve.best)
        self._end_for_time()
        if self.ended_early is not None or self._limits.ends_trial(trial):
            return STOP
        return CONTINUE if reason is None else prune(reason)

    def completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        """The trial has its scores; it counts as failed if one of them is not finite."""
        for objective in self.plan.objectives:
            score = outcome.scores[objective.name]
            if not math.isfinite(score):
                problem = "not a number (NaN)" if math.isnan(score) else "infinite"
                self.failed(trial, f"{objective.name} is {problem}")
                return
        self._failures_in_a_row = 0
        curve = self._end_curve(trial, finished=True)
        self._end_for_target(curve.best)  # a trial that was interrupted after its last epoch reports no other
        self._end_in_oracle(trial.trial_id, outcome.scores)
        self.recorder.trial_completed(trial, outcome)

    def pruned(self, trial: Trial, reason: str) -> None:
        """The trial was stopped as unpromising; the oracle gets its best value."""
        self._failures_in_a_row = 0
        curve = self._end_curve(trial, finished=False)
        self._end_in_oracle(trial.trial_id, {self.plan.objective.name: curve.best})
        self.recorder.trial_pruned(trial, reason)

    def failed(self, trial: Trial, error: str) -> None:
        """The trial has no scores; `error` is one line, or a traceback.

        Raises:
            SearchError: it is the third failed trial in a row.
        """
        self._end_curve(trial, finished=False)
        self._end_in_oracle(trial.trial_id, None)
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
        with _without_expected_warnings():
            proposal = self._create(number, values)
        if proposal.status != TrialStatus.RUNNING:
            return None
        return to_trial(proposal, number, self.plan, origin=origin, after=len(self._oracle.end_order))

    def _create(self, number: int, values: Mapping[str, Any] | None) -> Any:  # a keras_tuner Trial
        if values is not None and isinstance(self._oracle, HistoryOracle):
            self._oracle.next_values = values
        # A unique name: the oracle returns the same trial again for a tuner that has one already.
        return self._oracle.create_trial(f"trial {number}")

    def _end_in_oracle(self, trial_id: str, scores: Mapping[str, float] | None) -> None:
        proposal = self._oracle.trials[trial_id]
        if scores is None:
            proposal.status = TrialStatus.FAILED
        else:
            self._oracle.scores[trial_id] = scores
            name = self.plan.objective.name
            self._oracle.update_trial(trial_id, {name: scores[name]})
            proposal.status = TrialStatus.COMPLETED
        self._oracle.end_trial(proposal)

    def _replay(self, past: Sequence[PastTrial]) -> None:
        """Restore the oracle's state by repeating all of its trials and their ends in their original order."""
        ended = sorted((each for each in past if each.place is not None), key=lambda each: each.place or 0)
        replayed = 0
        for each in past:
            while (
                replayed < min(each.trial.after, len(ended))
                and ended[replayed].trial.trial_id in self._oracle.trials
            ):
                self._end_in_oracle(ended[replayed].trial.trial_id, ended[replayed].scores)
                replayed += 1
            self._restart(each)
        for each in ended[replayed:]:
            self._end_in_oracle(each.trial.trial_id, each.scores)

    def _restart(self, past: PastTrial) -> None:
        trial = past.trial
        proposal = self._create(trial.number, trial.hyperparameters)
        if proposal.hyperparameters.values != trial.hyperparameters:
            raise SearchError(
                f"the search cannot be resumed: trial {trial.number} would get other hyperparameters than it had; "
                "was keras-tuner changed since? Start a new search"
            )
        curve = self._pruning.start()
        for epoch, value in enumerate(past.curve, start=trial.initial_epoch + 1):
            curve.report(epoch, value)
        if past.place is None:
            for value, loss in zip(past.curve, past.losses, strict=False):
                self._limits.epoch_ended(trial, value, loss)
            self._curves[trial.trial_id] = curve
            self._unfinished.append(trial)
        else:
            curve.end(finished=past.scores is not None and not past.pruned)
            if past.scores is not None:
                self._end_for_target(curve.best)  # a kill may have come before the end of the search

    def _end_for_target(self, value: float) -> None:
        if self.ended_early is None and self._limits.meets_target(value):
            self.target_was_met = True
            self.ended_early = f"the target is reached: {self.plan.monitor.name} {value:.4f}"

    def _end_for_time(self) -> None:
        if self.ended_early is None and self._limits.out_of_time():
            trained = self.started - self.unfinished
            self.ended_early = f"the time limit is reached after {trained} of {self.plan.trials} trials"


def last_line(error: str) -> str:
    """The last line of a traceback, which is the error itself."""
    return error.strip().splitlines()[-1]


@contextmanager
def _without_expected_warnings() -> Iterator[None]:
    """Suppress warnings of Keras Tuner's arithmetic about failed trials and models with few points."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN axis encountered", RuntimeWarning)
        warnings.filterwarnings("ignore", module="sklearn.gaussian_process")
        yield
