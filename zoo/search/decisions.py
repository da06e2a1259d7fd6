"""Decisions after each epoch of a trial: the search makes them, the training follows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """The next step of a trial."""

    CONTINUE = "continue"
    STOP = "stop"  # end with the best epoch so far
    PRUNE = "prune"  # end without a model: the trial is unpromising


@dataclass(frozen=True)
class Decision:
    """The search's answer to an epoch of a trial.

    Args:
        reason: for pruning: at which epoch, and why.
    """

    action: Action
    reason: str = ""


CONTINUE = Decision(Action.CONTINUE)
STOP = Decision(Action.STOP)


def prune(reason: str) -> Decision:
    """The decision to prune a trial."""
    return Decision(Action.PRUNE, reason)


class Pruned(Exception):
    """Raised inside a training whose trial is pruned."""
