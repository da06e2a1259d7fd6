"""Whether a trial goes on after an epoch: the search decides, the training obeys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What a trial does next."""

    CONTINUE = "continue"
    STOP = "stop"  # end with the best epoch so far: the search is over
    PRUNE = "prune"  # end without a model: the trial is not worth finishing


@dataclass(frozen=True)
class Decision:
    """The search's answer to an epoch of a trial.

    Args:
        reason: at which epoch the trial is pruned, and why.
    """

    action: Action
    reason: str = ""


CONTINUE = Decision(Action.CONTINUE)
STOP = Decision(Action.STOP)


def prune(reason: str) -> Decision:
    """The decision to prune a trial."""
    return Decision(Action.PRUNE, reason)


class Pruned(Exception):
    """Raised through a training whose trial is pruned."""
