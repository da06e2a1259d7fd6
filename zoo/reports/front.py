"""Plots the trials of a search with several objectives and their Pareto front."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from zoo.interfaces.pareto import pareto_front
from zoo.reports.lettering import text_width
from zoo.reports.scales import scale
from zoo.reports.search_trials import number_of
from zoo.reports.style import ALERT, DPI, HEADING, INK, MARGIN, QUIET, house_style, put_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from zoo.interfaces import Objective, Run
    from zoo.reports.search_trials import SearchTrials

    Point = tuple[float, float]

DOT: dict[str, Any] = {"alpha": 0.5, "markersize": 4.5, "markeredgewidth": 0}
WIDTH, SIDE = 6.4, 4.6  # inches
LEFT, BOTTOM = 0.85, 0.95
LABEL = 8.0  # points
# Possible positions of a label relative to its dot, in points; of the free ones, the first is used.
AROUND = ((7, 4), (-7, 4), (7, -10), (-7, -10), (0, 8), (0, -14), (14, 12), (-14, 12), (14, -18), (-14, -18))


@house_style()
def draw_front(trials: SearchTrials) -> Figure:
    """Draw a dot for each completed trial at its first two objectives; those on the front are joined and numbered.

    With more than two objectives, a trial may be on the front because of an objective that is not shown: the line joins
    the trials that are on the front of the first two.
    """
    objectives = trials.search.plan.objectives
    shown = objectives[:2]
    front = pareto_front(trials.completed, objectives)
    height = HEADING + 0.1 + SIDE + BOTTOM
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    axes = figure.add_axes(
        ((MARGIN + LEFT) / WIDTH, BOTTOM / height, (WIDTH - LEFT - 2 * MARGIN) / WIDTH, SIDE / height)
    )
    dots = [_point(run, shown) for run in trials.completed]
    axes.plot(*zip(*dots, strict=True), "o", color=QUIET, label="trial", zorder=2, **DOT)
    line = [_point(run, shown) for run in pareto_front(trials.completed, shown)]
    axes.plot(*zip(*line, strict=True), color=ALERT, linewidth=1.1, zorder=2.5)
    label = "Pareto front" + (f" of all {len(objectives)} objectives" if len(objectives) > 2 else "")
    axes.plot(
        *zip(*(_point(run, shown) for run in front), strict=True),
        "o",
        color=ALERT,
        markersize=6,
        markeredgewidth=0,
        label=f"{label} ({len(front)})",
        zorder=3,
    )
    axes.margins(0.09)
    xs, ys = zip(*dots, strict=True)
    scale(axes.xaxis, axes.set_xscale, shown[0], xs)
    scale(axes.yaxis, axes.set_yscale, shown[1], ys)
    axes.grid()
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.11), ncols=2, frameon=False, borderaxespad=0, handlelength=1
    )
    _label(axes, _numbers(front, shown), dots, line)
    put_heading(figure, trials.search.dataset, f"front of search {trials.search.id}", trials.summary)
    return figure


def _point(run: Run, shown: Sequence[Objective]) -> Point:
    return run.scores[shown[0].name], run.scores[shown[1].name]


def _numbers(front: Sequence[Run], shown: Sequence[Objective]) -> dict[Point, str]:
    """Dot -> the numbers of the trials at that point."""
    numbers: dict[Point, list[str]] = {}
    for run in front:
        numbers.setdefault(_point(run, shown), []).append(str(number_of(run)))
    return {point: ", ".join(trials) for point, trials in numbers.items()}


def _label(axes: Axes, labels: Mapping[Point, str], dots: Sequence[Point], line: Sequence[Point]) -> None:
    """Write each label beside its dot, where it overlaps least with dots, line and other labels."""
    occupied = [(x - 3, y - 3, x + 3, y + 3) for x, y in _positions(axes, dots)]
    corners = _positions(axes, line)
    for start, end in pairwise(corners):
        occupied += [(x - 1, y - 1, x + 1, y + 1) for x, y in np.linspace(start, end, 60)]
    for (dot, text), (x, y) in zip(labels.items(), _positions(axes, list(labels)), strict=True):
        width = text_width(text, FontProperties(size=LABEL)) * 72
        boxes = {}
        for right, up in AROUND:
            left = x + right - (0 if right > 0 else width if right < 0 else width / 2)
            boxes[right, up] = (left, y + up - 1, left + width, y + up + LABEL)
        overlaps = {offset: sum(_overlap(box, other) for other in occupied) for offset, box in boxes.items()}
        best = min(overlaps, key=overlaps.__getitem__)
        occupied.append(boxes[best])
        align = "left" if best[0] > 0 else "right" if best[0] < 0 else "center"
        axes.annotate(text, dot, xytext=best, textcoords="offset points", size=LABEL, color=INK, ha=align)


def _positions(axes: Axes, dots: Sequence[Point]) -> np.ndarray:
    """Positions on the page, in points: (dots, 2)."""
    return np.asarray(axes.transData.transform(np.array(dots))) * 72 / DPI


def _overlap(box: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The area, in square points, that two boxes (left, bottom, right, top) share."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, width) * max(0.0, height)
