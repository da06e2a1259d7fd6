"""Scales of plots of searches: where numbers lie, and which of them are written at an axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from zoo.interfaces.metrics import metric_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axis import Axis

    from zoo.interfaces import Objective

ALONE = 0.05  # of a score: how far an axis goes beyond it at both ends where all are equal
MIXTURE = 20  # a score so many times as large as another asks for a logarithmic axis
# Viridis without its yellow, which is hard to see on white; the best trials are the darkest.
DARKENING = ListedColormap(colormaps["viridis"](np.linspace(0.85, 0, 256)))


def is_logarithmic(objective: Objective, scores: Sequence[float]) -> bool:
    """Whether the scores ask for a logarithmic axis; never where more is better: it would crowd the best."""
    return objective.direction == "min" and min(scores) > 0 and max(scores) >= MIXTURE * min(scores)


def limits(objective: Objective, scores: Sequence[float]) -> tuple[float, float]:
    """From where to where an axis of these scores goes: never beyond the metric's range."""
    low, high = min(scores), max(scores)
    if low == high:
        margin = ALONE * abs(low) or ALONE
        low, high = low - margin, high + margin
    return max(0.0, low), min(_highest(objective), high)


def _highest(objective: Objective) -> float:
    metric = metric_of(objective.name)
    return math.inf if metric is None else metric.high


def colouring(objective: Objective, scores: Sequence[float]) -> ScalarMappable:
    """Gives each score a colour: the better, the darker."""
    low, high = limits(objective, scores)
    norm = (LogNorm if is_logarithmic(objective, scores) else Normalize)(low, high)
    return ScalarMappable(norm, DARKENING if objective.direction == "max" else DARKENING.reversed())


def ticks_between(low: float, high: float, *, logarithmic: bool = False, whole: bool = False) -> list[float]:
    """About five round numbers from low to high."""
    if logarithmic:
        locator = LogLocator(subs=(1, 2, 5) if high < 200 * low else (1,), numticks=8)
        ticks = list(locator.tick_values(low, high))
    else:
        ticks = list(MaxNLocator(5, integer=whole, steps=[1, 2, 5, 10]).tick_values(low, high))
    within = [float(tick) for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    return within if len(within) > 1 else [low, high]


def short(value: float, _position: int = 0) -> str:
    """A number at an axis: 0.001, 0.95, 12, 94,634."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def scale(
    axis: Axis, set_scale: Callable[[str], object], objective: Objective, scores: Sequence[float]
) -> None:
    """A logarithmic axis where the scores ask for it, and few plain numbers at it.

    Args:
        set_scale: the axis's own, such as `axes.set_xscale`.
    """
    if is_logarithmic(objective, scores):
        set_scale("log")
        axis.set_major_locator(FixedLocator(ticks_between(*axis.get_view_interval(), logarithmic=True)))
        axis.set_minor_locator(NullLocator())
    else:
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(*axis.get_view_interval())
        highest = _highest(objective) * (1 + 1e-9)
        axis.set_major_locator(FixedLocator([tick for tick in ticks if 0 <= tick <= highest]))
    axis.set_major_formatter(FuncFormatter(short))
    axis.set_label_text(
        f"{objective.name} ({'higher' if objective.direction == 'max' else 'lower'} is better)"
    )
