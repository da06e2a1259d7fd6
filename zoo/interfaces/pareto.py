"""The trials of a search that no other beats in all its objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Objective, Run


def pareto_front(runs: Sequence[Run], objectives: Sequence[Objective]) -> list[Run]:
    """The completed runs that no other run equals or beats in every objective while it beats them in one.

    Runs of equal scores stay together; with one objective these are the best ones. Best first: by the first objective,
    then by the next. A run that lacks the score of an objective is left out.
    """
    gains = {run.id: gain for run in runs if (gain := _gains(run, objectives)) is not None}
    front = [
        run
        for run in runs
        if run.id in gains and not any(_is_beaten(gains[run.id], one) for one in gains.values())
    ]
    return sorted(front, key=lambda run: gains[run.id], reverse=True)


def _gains(run: Run, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """The run's scores, turned so that more is better; None where it has not all of them."""
    if run.state is not State.COMPLETED or any(objective.name not in run.scores for objective in objectives):
        return None
    return tuple(
        run.scores[objective.name] * (1 if objective.direction == "max" else -1) for objective in objectives
    )


def _is_beaten(gains: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether `other` beats `gains`."""
    return other != gains and all(theirs >= ours for theirs, ours in zip(other, gains, strict=True))
