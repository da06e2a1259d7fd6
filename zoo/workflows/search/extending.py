"""A search that goes on with more trials, more time or another target. Imports no TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from zoo.errors import SearchError
from zoo.interfaces import SearchPlan, State
from zoo.interfaces.algorithms import continues_trials
from zoo.workflows.search.options import check_target

if TYPE_CHECKING:
    from zoo.interfaces import Search


@dataclass(frozen=True)
class Extension:
    """What a search gets when it goes on; None: as it was.

    Args:
        trials: the most trials, those before included.
        max_seconds: counted from its going on.
        target: the objective's value that is good enough.
    """

    trials: int | None = None
    max_seconds: float | None = None
    target: float | None = None


NOTHING = Extension()


def extended(plan: SearchPlan, extension: Extension) -> SearchPlan:
    """The plan with what it gets. The number of trials that it began with stays known, since algorithms depend on it.

    Raises:
        SearchError: the search has no objective that a target could be of.
    """
    changes = {name: value for name, value in asdict(extension).items() if value is not None}
    options = replace(plan.options, **changes)
    check_target(options)
    if extension.trials is not None:
        options = replace(options, initial_trials=plan.initial_trials)
    return replace(plan, options=options)


def check_extension(search: Search, started: int, extension: Extension) -> None:
    """Refuse a search that would not go on, as far as can be known without its algorithm.

    Args:
        started: how many trials it has.

    Raises:
        SearchError: it is completed and gets nothing, has so many trials already, or deleted what it would go on from.
    """
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
            f"search {search.id} is completed, and {search.plan.algorithm} would go on from models that were deleted "
            "at its end: start a new one"
        )
    if started >= (extension.trials or search.plan.trials):
        raise SearchError(
            f"search {search.id} has run all of its {started} trials: give --trials {started + 1} or more"
        )
