"""Ranks trials and models by one rule, which the registry, the live table and the plots share.

The better value wins; ties go to the lower validation loss, then to fewer parameters, then to the older trial. For the
models of a dataset, `zoo.registry.selection` implements the same rule in SQL.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zoo.interfaces.records import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.interfaces.metrics import Objective
    from zoo.interfaces.records import Run

    Rank = tuple[float, float, float, int]


def rank(objective: Objective, value: float, loss: float | None, parameters: int | None, age: int) -> Rank:
    """The sort key, which sorts the best first.

    Args:
        value: of the objective.
        loss: the validation loss; None (unknown) and NaN sort after every number.
        parameters: the number of weights; None (unknown) sorts after every number.
        age: smaller for an older one; for a trial, its number.
    """
    return (
        -value if objective.direction == "max" else value,
        math.inf if loss is None or math.isnan(loss) else loss,
        math.inf if parameters is None else parameters,
        age,
    )


def ranked(runs: Iterable[Run], objective: Objective) -> list[Run]:
    """The completed trials of a search with a value of the objective, the best first."""
    ranks = {}
    for run in runs:
        value = run.scores.get(objective.name)
        if run.state is State.COMPLETED and value is not None and run.trial is not None:
            ranks[run.id] = (rank(objective, value, run.val_loss, run.parameters, run.trial.number), run)
    return [run for _, run in sorted(ranks.values(), key=lambda pair: pair[0])]


def best_run(runs: Iterable[Run], objective: Objective) -> Run | None:
    """The best completed trial of a search; None if no trial has completed."""
    return next(iter(ranked(runs, objective)), None)
