"""A trial where it trains, in whatever process: what its training reports, and how it ends."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.errors import RegistryError, ZooError
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
    """One more epoch of the trial is done; from the checkpoint it can go on."""

    epoch: Epoch
    checkpoint: bytes


@dataclass(frozen=True)
class Notice:
    """What the user should know, in one line."""

    text: str


@dataclass(frozen=True)
class WorkAdvanced:
    """`done` of `total` images are through what the trial needs before it trains. Nobody waits for an answer."""

    work: str
    done: int
    total: int


@dataclass(frozen=True)
class EpochAdvanced:
    """The trial is within an epoch. Nobody waits for an answer."""

    progress: EpochProgress


Message = EpochEnded | Notice | WorkAdvanced | EpochAdvanced
UNANSWERED = (WorkAdvanced, EpochAdvanced)


@dataclass(frozen=True, eq=False)
class Completed:
    """The training came to its end."""

    outcome: TrialOutcome


@dataclass(frozen=True)
class EndedByPruning:
    """The training obeyed a decision to prune."""


@dataclass(frozen=True)
class Failed:
    """The training raised.

    Args:
        error: one line of a ZooError, or the traceback of anything else.
        ends_search: it is the registry's fault, so no other trial would fare better.
    """

    error: str
    ends_search: bool = False


@dataclass(frozen=True)
class Died:
    """The process in which the trial trained is gone.

    Args:
        error: of the trial, if this was its last retry.
    """

    error: str


Result = Completed | EndedByPruning | Failed | Died


class TrialReporter(Progress):
    """Reports a trial's training to its search, wherever that is.

    Args:
        send: delivers a message and returns the search's decision.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._advanced = 0.0  # when it was last reported

    def report(self, epoch: Epoch, checkpoint: bytes) -> bool:
        """Report an epoch; true: the training ends here with what it has.

        Raises:
            Pruned: the trial is not worth finishing. Let it pass.
        """
        decision = self._send(EpochEnded(epoch, checkpoint))
        if decision.action is Action.PRUNE:
            raise Pruned
        return decision.action is Action.STOP

    def notice(self, message: str) -> None:
        """See `Progress`."""
        self._send(Notice(message))

    def advanced(self, work: str, done: int, total: int) -> None:
        """See `Progress`. Some times a second will do, but the end must be known."""
        now = time.monotonic()
        if done == total or now - self._advanced >= ADVANCES_EVERY:
            self._advanced = now
            self._send(WorkAdvanced(work, done, total))

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:  # noqa: ARG002  # the trial's
        """See `Progress`."""
        self._send(EpochAdvanced(progress))


def attempt(train: Train, assigned: object, send: Send) -> Result:
    """Train what was assigned, and return how that ended, whatever it raised but Ctrl-C."""
    try:
        return Completed(train(assigned, TrialReporter(send)))
    except Pruned:
        return EndedByPruning()
    except (Exception, SystemExit) as error:
        return failure(error)


def failure(error: BaseException) -> Failed:
    """The failure of a trial that raised this."""
    if isinstance(error, ZooError):
        return Failed(str(error), ends_search=isinstance(error, RegistryError))
    return Failed("".join(traceback.format_exception(error)))
