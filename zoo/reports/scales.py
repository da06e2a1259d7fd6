"""Axes and colour scales for plots of searches."""

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

ALONE = 0.05  # of the score: the margin of an axis on both sides if all scores are equal
MIXTURE = 20  # the axis is logarithmic if a score is so many times as large as another
# Viridis without its yellow, which is hard to see on white; the best trials are the darkest.
DARKENING = ListedColormap(colormaps["viridis"](np.linspace(0.85, 0, 256)))


def is_logarithmic(objective: Objective, scores: Sequence[float]) -> bool:
    """Whether the axis of these scores is logarithmic; never if larger is better, since that would crowd the best."""
    return objective.direction == "min" and min(scores) > 0 and max(scores) >= MIXTURE * min(scores)


def limits(objective: Objective, scores: Sequence[float]) -> tuple[float, float]:
    """The limits of an axis for these scores, within the metric's range."""
    low, high = min(scores), max(scores)
    if low == high:
        margin = ALONE * abs(low) or ALONE
        low, high = low - margin, high + margin
    return max(0.0, low), min(_highest(objective), high)


def _highest(objective: Objective) -> float:
    metric = metric_of(objective.name)
    return math.inf if metric is None else metric.high


def colouring(objective: Objective, scores: Sequence[float]) -> ScalarMappable:
    """Map scores to colours: the better, the darker."""
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
    """Format a number at an axis: 0.001, 0.95, 12, 94,634."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def scale(
    axis: Axis, set_scale: Callable[[str], object], objective: Objective, scores: Sequence[float]
) -> None:
    """Set the scale of an axis, logarithmic if `is_logarithmic`, with few plain numbers.

    Args:
        set_scale: the method for this axis, such as `axes.set_xscale`.
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
