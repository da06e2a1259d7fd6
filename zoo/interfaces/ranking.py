"""Which of several trials or models is the best: the one rule that the registry, the live table and the plots share.

The better value wins. Of equal values the lower validation loss, then the fewer parameters, then the older. For the
models of a dataset `zoo.registry.selection` says the same in SQL.
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
    """The key to sort by, the best first.

    Args:
        value: of the objective.
        loss: the validation loss; None or NaN, which come after every number: it is not known.
        parameters: number of weights; None, which comes after every number: they are not known.
        age: less for the older one; of a trial its number.
    """
    return (
        -value if objective.direction == "max" else value,
        math.inf if loss is None or math.isnan(loss) else loss,
        math.inf if parameters is None else parameters,
        age,
    )


def ranked(runs: Iterable[Run], objective: Objective) -> list[Run]:
    """The completed trials of a search that have a value of the objective, the best first."""
    ranks = {}
    for run in runs:
        value = run.scores.get(objective.name)
        if run.state is State.COMPLETED and value is not None and run.trial is not None:
            ranks[run.id] = (rank(objective, value, run.val_loss, run.parameters, run.trial.number), run)
    return [run for _, run in sorted(ranks.values(), key=lambda pair: pair[0])]


def best_run(runs: Iterable[Run], objective: Objective) -> Run | None:
    """The best completed trial of a search; None without one."""
    return next(iter(ranked(runs, objective)), None)
