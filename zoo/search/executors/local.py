"""Trains a search's trials in this process, one after another."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from zoo.errors import RegistryError
from zoo.search.pruning import Pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, Trial, TrialOutcome
    from zoo.search.loop import TrialLoop

    Report = Callable[[Epoch, bytes], bool]
    Train = Callable[[Trial, Report], TrialOutcome]


def run_locally(loop: TrialLoop, train: Train, most: int | None = None) -> bool:
    """Train trials until there are no more, or the most; gives whether it came to these.

    Args:
        train: trains one trial. After each epoch it calls the function that it is given, with a checkpoint from which
            the trial can go on; it ends the training where that gives true, and lets `Pruned` pass through.

    Raises:
        SearchError: three trials in a row failed; the message holds the last one's error.
        RegistryError: a trial could not be recorded.
    """
    for _ in itertools.count() if most is None else range(most):
        trial = loop.next_trial()
        if trial is None:
            return False
        try:
            outcome = train(trial, partial(loop.epoch_ended, trial))
        except Pruned as pruned:
            loop.pruned(trial, pruned.reason)
        except RegistryError:
            raise  # not the trial's fault: ends the search
        except Exception as error:
            loop.failed(trial, error)
        else:
            loop.completed(trial, outcome)
    return True
