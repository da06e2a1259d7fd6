"""The Pareto front: the trials of a search that no other trial dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Objective, Run


def pareto_front(runs: Sequence[Run], objectives: Sequence[Objective]) -> list[Run]:
    """The completed runs that no other run dominates: equals or beats in every objective, and beats in one.

    Runs with equal scores are all included; with one objective, these are the best runs. Sorted best first, by the
    first objective, then by the next. A run without a score for every objective is left out.
    """
    gains = {run.id: gain for run in runs if (gain := _gains(run, objectives)) is not None}
    front = [
        run
        for run in runs
        if run.id in gains and not any(_is_dominated(gains[run.id], other) for other in gains.values())
    ]
    return sorted(front, key=lambda run: gains[run.id], reverse=True)


def _gains(run: Run, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """The run's scores, with signs such that larger is better; None if one is missing."""
    if run.state is not State.COMPLETED or any(objective.name not in run.scores for objective in objectives):
        return None
    return tuple(
        run.scores[objective.name] * (1 if objective.direction == "max" else -1) for objective in objectives
    )


def _is_dominated(gains: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether `other` dominates `gains`."""
    return other != gains and all(theirs >= ours for theirs, ours in zip(other, gains, strict=True))
