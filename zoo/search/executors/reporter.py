"""The training of a trial, in whatever process: its reports to the search, and its result."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.errors import RegistryError, RoundTripError, ZooError
from zoo.interfaces import Progress
from zoo.search.decisions import Action, Decision, Pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, EpochProgress, Run, TrialOutcome

    Train = Callable[[Any, "TrialReporter"], TrialOutcome]
    Send = Callable[["Message"], Decision]


ADVANCES_EVERY = 0.1  # seconds


@dataclass(frozen=True, eq=False)
class EpochEnded:
    """One more epoch of the trial is done; it can resume from the checkpoint."""

    epoch: Epoch
    checkpoint: bytes


@dataclass(frozen=True)
class Notice:
    """A message for the user, in one line."""

    text: str


@dataclass(frozen=True)
class WorkAdvanced:
    """`done` of `total` images are prepared for the trial. The sender does not wait for an answer."""

    work: str
    done: int
    total: int


@dataclass(frozen=True)
class EpochAdvanced:
    """The trial is within an epoch. The sender does not wait for an answer."""

    progress: EpochProgress


Message = EpochEnded | Notice | WorkAdvanced | EpochAdvanced
UNANSWERED = (WorkAdvanced, EpochAdvanced)


@dataclass(frozen=True, eq=False)
class Completed:
    """The training completed."""

    outcome: TrialOutcome


@dataclass(frozen=True)
class EndedByPruning:
    """The training followed a decision to prune."""


@dataclass(frozen=True)
class Failed:
    """The training raised.

    Args:
        error: the line of a ZooError, or the traceback of any other exception.
        ends_search: whether the registry failed, so that all other trials would fail too.
    """

    error: str
    ends_search: bool = False


@dataclass(frozen=True)
class Died:
    """The process in which the trial trained has died.

    Args:
        error: the trial's error, if this was its last retry.
    """

    error: str


Result = Completed | EndedByPruning | Failed | Died


class TrialReporter(Progress):
    """Reports a trial's training to its search, possibly in another process.

    Args:
        send: delivers a message and returns the search's decision.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._last_advance = 0.0  # when progress was last reported

    def report(self, epoch: Epoch, checkpoint: bytes) -> bool:
        """Report an epoch; return whether the training ends here, with its best epoch so far.

        Raises:
            Pruned: the trial is pruned. Do not catch it.
        """
        decision = self._send(EpochEnded(epoch, checkpoint))
        if decision.action is Action.PRUNE:
            raise Pruned
        return decision.action is Action.STOP

    def notice(self, message: str) -> None:
        """See `Progress`."""
        self._send(Notice(message))

    def advanced(self, work: str, done: int, total: int) -> None:
        """See `Progress`. Reported a few times per second, and always at the end."""
        now = time.monotonic()
        if done == total or now - self._last_advance >= ADVANCES_EVERY:
            self._last_advance = now
            self._send(WorkAdvanced(work, done, total))

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:  # noqa: ARG002  # the trial's
        """See `Progress`."""
        self._send(EpochAdvanced(progress))


def run_training(train: Train, assignment: object, send: Send) -> Result:
    """Train an assignment and return the result, whatever it raises except KeyboardInterrupt."""
    try:
        return Completed(train(assignment, TrialReporter(send)))
    except Pruned:
        return EndedByPruning()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failure(error)


def failure(error: BaseException) -> Failed:
    """The result of a trial that raised this error."""
    if isinstance(error, RoundTripError):  # whose last line is the advice alone
        return Failed(error.in_one_line)
    if isinstance(error, ZooError):
        return Failed(str(error), ends_search=isinstance(error, RegistryError))
    return Failed("".join(traceback.format_exception(error)))
