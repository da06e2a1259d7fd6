"""The trial loop: ask the oracle, train, tell the oracle and the recorder."""

from __future__ import annotations

import math
import tempfile
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FatalError

from zoo.errors import RegistryError, SearchError, ZooError
from zoo.search.oracles import TUNER_ID, make_oracle, replay, to_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from zoo.interfaces import SearchPlan, Trial, TrialOutcome, TrialRecorder

FAILURES_IN_A_ROW = 3


def run_search(
    plan: SearchPlan,
    train: Callable[[Trial], TrialOutcome],
    recorder: TrialRecorder,
    past: Iterable[tuple[Trial, float | None]] = (),
) -> None:
    """Run trials until the plan's number is reached or the space is exhausted.

    A trial that raises is recorded as failed and the search goes on.

    Args:
        train: trains one trial.
        past: trials of an interrupted search that came to an end, in order, each with its score.

    Raises:
        SearchError: three trials in a row failed; the message holds the last one's error.
        RegistryError: a trial could not be recorded.
    """
    # Keras Tuner insists on writing its state as JSON files; nothing reads them, the registry has the trials.
    with tempfile.TemporaryDirectory(prefix="zoo-search-") as scratch, _without_known_warnings():
        tuner = _Tuner(plan, train, recorder, scratch)
        replay(tuner.oracle, plan.objective, past)
        try:
            tuner.search()
        except FatalError as error:
            raise error.__cause__ or error from None


@contextmanager
def _without_known_warnings() -> Iterator[None]:
    """Hold back what Keras Tuner's arithmetic says of a failed trial and of a model with few points."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN axis encountered", RuntimeWarning)
        warnings.filterwarnings("ignore", module="sklearn.gaussian_process")
        yield


class _Tuner(BaseTuner):  # type: ignore[misc]  # keras_tuner is untyped
    """Keras Tuner's loop around our training."""

    def __init__(
        self,
        plan: SearchPlan,
        train: Callable[[Trial], TrialOutcome],
        recorder: TrialRecorder,
        directory: str,
    ) -> None:
        super().__init__(make_oracle(plan), directory=directory, project_name="trials")
        self.tuner_id = TUNER_ID
        self.plan, self.train, self.recorder = plan, train, recorder
        self.outcome: TrialOutcome | None = None
        self.error: str | None = None
        self.failures_in_a_row = 0

    def on_trial_begin(self, trial: Any) -> None:
        self.outcome = self.error = None
        self.recorder.trial_started(self._own(trial))

    def run_trial(self, trial: Any) -> dict[str, float]:
        """Train. A trial that fails scores NaN, by which Keras Tuner knows it; were it to raise, Keras Tuner
        would print the traceback into the user's table."""
        try:
            self.outcome = self.train(self._own(trial))
        except RegistryError as error:
            raise FatalError(str(error)) from error  # not the trial's fault: ends the search
        except ZooError as error:
            self.error = str(error)
        except Exception:
            self.error = traceback.format_exc()
        return {self.plan.objective.name: self.outcome.score if self.outcome else math.nan}

    def on_trial_end(self, trial: Any) -> None:
        self.oracle.end_trial(trial)
        if trial.status == TrialStatus.COMPLETED and self.outcome is not None:
            self.failures_in_a_row = 0
            self.recorder.trial_completed(self._own(trial), self.outcome)
            return
        error = self.error or f"{self.plan.objective.name} is not a number"
        self.recorder.trial_failed(self._own(trial), error)
        self.failures_in_a_row += 1
        if self.failures_in_a_row == FAILURES_IN_A_ROW:
            raise SearchError(
                f"stopped after {FAILURES_IN_A_ROW} failed trials in a row; the last one: {last_line(error)}"
            )

    def _own(self, trial: Any) -> Trial:
        number = self.oracle.start_order.index(trial.trial_id) + 1
        return to_trial(trial, number, self.plan.epochs)


def last_line(error: str) -> str:
    """The line of a traceback that says what went wrong."""
    return error.strip().splitlines()[-1]
