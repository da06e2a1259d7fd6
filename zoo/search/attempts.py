"""One attempt to train a trial in another process."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from zoo.errors import ZooError
from zoo.search.pruning import Pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, TrialOutcome
    from zoo.search.here import Report

    Verdict = bool | str


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
