"""Extends a search by more trials, more time or another target. Imports no TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from zoo.errors import SearchError
from zoo.interfaces import SearchPlan, State
from zoo.interfaces.algorithms import continues_trials
from zoo.interfaces.records import ENDED
from zoo.workflows.search.options import check_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Run, Search


@dataclass(frozen=True)
class Extension:
    """Changes of a resumed search; None: unchanged.

    Args:
        trials: the maximum number of trials, including earlier ones.
        max_seconds: from the time it is resumed.
        target: the value of the objective at which to stop.
    """

    trials: int | None = None
    max_seconds: float | None = None
    target: float | None = None


NOTHING = Extension()


def extend(plan: SearchPlan, extension: Extension) -> SearchPlan:
    """Return the extended plan. It keeps the initial number of trials, since algorithms depend on it.

    Raises:
        SearchError: the search has no objective that can have a target.
    """
    changes = {name: value for name, value in asdict(extension).items() if value is not None}
    options = replace(plan.options, **changes)
    check_target(options)
    if extension.trials is not None:
        options = replace(options, initial_trials=plan.initial_trials)
    return replace(plan, options=options)


def check_extension(search: Search, trials: Sequence[Run], extension: Extension) -> None:
    """Refuse a search that cannot be resumed, as far as is known without its algorithm.

    Args:
        trials: of the search, including those that have not ended.

    Raises:
        SearchError: it is completed and not extended, has as many trials already, or has deleted models that it needs.
    """
    started = len(trials)
    if extension.trials is not None and extension.trials < started:
        raise SearchError(
            f"search {search.id} has {started} trials already: give --trials {started + 1} or more"
        )
    if search.state is not State.COMPLETED:
        return
    if extension == NOTHING:
        raise SearchError(
            f"search {search.id} is completed: extend it with --trials, --max-time or --target, or start a new one"
        )
    if continues_trials(search.plan.algorithm):
        raise SearchError(
            f"search {search.id} is completed, and {search.plan.algorithm} would continue from models that were "
            "deleted at its end: start a new one"
        )
    unfinished = any(run.state not in ENDED for run in trials)
    if not unfinished and started >= (extension.trials or search.plan.trials):
        raise SearchError(
            f"search {search.id} has run all of its {started} trials: give --trials {started + 1} or more"
        )
