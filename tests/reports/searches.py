"""Searches to draw, and the texts of a figure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.plans import RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.interfaces import Objective, Run, Search, State, Trial
from zoo.interfaces.spaces import Choice, Float
from zoo.reports.search_trials import SearchTrials

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOW = datetime(2026, 1, 1, tzinfo=UTC)

ACCURACY, LOSS, PARAMS = (
    Objective("val_accuracy", "max"),
    Objective("val_loss", "min"),
    Objective("params", "min"),
)


def number(name: str, low: float, high: float, sampling: str = "linear") -> dict[str, Any]:
    return Float(name, low, low=low, high=high, sampling=sampling).to_config()


def choice(name: str, *values: str) -> dict[str, Any]:
    return Choice(name, values[0], values=values).to_config()


SPACE = (number("rate", 1e-4, 1e-2, "log"), choice("kind", "a", "b"), number("a/depth", 1, 5))

TRIALS = (
    ({"rate": 1e-4, "kind": "a", "a/depth": 1}, {"val_accuracy": 0.5, "val_loss": 2.0, "params": 10}),
    ({"rate": 1e-3, "kind": "b"}, {"val_accuracy": 0.9, "val_loss": 0.1, "params": 1000}),
    ({"rate": 1e-2, "kind": "a", "a/depth": 5}, {"val_accuracy": 0.8, "val_loss": 0.5, "params": 5000}),
)


def trials(
    *objectives: Objective,
    space: tuple[dict[str, Any], ...] = SPACE,
    of: Any = TRIALS,
    ends: int = 1,
    architectures: str = "convnet",
) -> SearchTrials:
    """A search whose completed trials are these, and then `ends` that failed and as many that were pruned."""
    plan = changed(
        SEARCH_PLAN,
        candidates=candidates(*architectures.split(",")),
        objectives=objectives or (ACCURACY,),
        space={"space": list(space)},
    )
    search = Search("5ea6c4", plan, State.COMPLETED, "digits", 1, "plugin digits", "", NOW)
    ended = [(State.COMPLETED, *values) for values in of]
    ended += [(state, {}, {}) for state in (State.FAILED, State.PRUNED) for _ in range(ends)]
    return SearchTrials(search, [run(number, *outcome) for number, outcome in enumerate(ended, start=1)])


def run(number: int, state: State, values: dict[str, Any], scores: dict[str, float]) -> Run:
    plan = changed(RUN_PLAN, architecture="convnet", hyperparameters=values)
    return Run(
        str(number), plan, state, "digits", 1, NOW, trial=Trial(str(number), number, values, 3), scores=scores
    )


def texts(figure: Figure) -> list[str]:
    """All that is written, titles first."""
    written = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        written += [text.get_text() for text in axes.texts]
    return written
