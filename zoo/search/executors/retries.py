"""A trial in another process: an attempt to train it there, and what the loop hears of its attempts here."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.errors import ZooError
from zoo.search.pruning import Pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, Trial, TrialOutcome
    from zoo.search.executors.local import Report
    from zoo.search.loop import TrialLoop

    Verdict = bool | str


@dataclass
class Hearing:
    """What the loop hears of a trial, each thing once through all attempts.

    Args:
        epoch: the last one that the loop knows of.
        over: it was pruned, and its process will notice.
    """

    loop: TrialLoop
    trial: Trial
    epoch: int = 0
    over: bool = False

    def report(self, epoch: Epoch, checkpoint: bytes) -> Verdict:
        """What a process is to be answered: as `Report` gives it, or the reason to prune the trial."""
        if self.over or epoch.number <= self.epoch:  # an attempt may end between its report and the answer
            return self.over or self.loop.ended_early is not None
        self.epoch = epoch.number
        try:
            return self.loop.epoch_ended(self.trial, epoch, checkpoint)
        except Pruned as pruned:
            self.over = True
            self.loop.pruned(self.trial, pruned.reason)
            return pruned.reason

    def ended(self, result: TrialOutcome | str | None) -> None:
        """The last attempt gave what `attempt` does, or how it died.

        Raises:
            SearchError: three trials in a row failed.
        """
        if self.over:
            return
        if isinstance(result, str):
            self.loop.failed(self.trial, result)
        elif result is not None:
            self.loop.completed(self.trial, result)


def attempt(
    train: Callable[[Any, Report], TrialOutcome], assigned: object, ask: Callable[[Epoch, bytes], Verdict]
) -> TrialOutcome | str | None:
    """Train what was assigned; gives its outcome, what went wrong, or None where it was pruned.

    Args:
        ask: hands an epoch and its checkpoint to the search, and gives what `Report` would, or why to prune the trial.
    """

    def report(epoch: Epoch, checkpoint: bytes) -> bool:
        verdict = ask(epoch, checkpoint)
        if isinstance(verdict, str):
            raise Pruned(verdict)
        return verdict

    try:
        return train(assigned, report)
    except Pruned:
        return None
    except ZooError as error:
        return str(error)
    except (Exception, SystemExit) as error:
        return "".join(traceback.format_exception(error))
