"""The trials of a search of several objectives, and the front of those that no other beats in all."""

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
# Where a label may be, from its dot, in points; the first free place is taken.
AROUND = ((7, 4), (-7, 4), (7, -10), (-7, -10), (0, 8), (0, -14), (14, 12), (-14, 12), (14, -18), (-14, -18))


@house_style()
def draw_front(trials: SearchTrials) -> Figure:
    """A dot for each completed trial at its first two objectives; the front's are joined, and bear their numbers.

    With more than two objectives a trial may be on the front for what the plot does not show: the line joins those
    that the first two alone put there.
    """
    objectives = trials.search.plan.objectives
    shown = objectives[:2]
    front = pareto_front(trials.completed, objectives)
    height = HEADING + 0.1 + SIDE + BOTTOM
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    axes = figure.add_axes(
        ((MARGIN + LEFT) / WIDTH, BOTTOM / height, (WIDTH - LEFT - 2 * MARGIN) / WIDTH, SIDE / height)
    )
    every = [_point(run, shown) for run in trials.completed]
    axes.plot(*zip(*every, strict=True), "o", color=QUIET, label="trial", zorder=2, **DOT)
    line = [_point(run, shown) for run in pareto_front(trials.completed, shown)]
    axes.plot(*zip(*line, strict=True), color=ALERT, linewidth=1.1, zorder=2.5)
    beaten_by = "beaten by none" + (f" in all {len(objectives)} objectives" if len(objectives) > 2 else "")
    axes.plot(
        *zip(*(_point(run, shown) for run in front), strict=True),
        "o",
        color=ALERT,
        markersize=6,
        markeredgewidth=0,
        label=f"{beaten_by} ({len(front)})",
        zorder=3,
    )
    axes.margins(0.09)
    xs, ys = zip(*every, strict=True)
    scale(axes.xaxis, axes.set_xscale, shown[0], xs)
    scale(axes.yaxis, axes.set_yscale, shown[1], ys)
    axes.grid()
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.11), ncols=2, frameon=False, borderaxespad=0, handlelength=1
    )
    _label(axes, _numbers(front, shown), every, line)
    put_heading(figure, trials.search.dataset, f"front of search {trials.search.id}", trials.told)
    return figure


def _point(run: Run, shown: Sequence[Objective]) -> Point:
    return run.scores[shown[0].name], run.scores[shown[1].name]


def _numbers(front: Sequence[Run], shown: Sequence[Objective]) -> dict[Point, str]:
    """Dot -> the numbers of the trials there."""
    numbers: dict[Point, list[str]] = {}
    for run in front:
        numbers.setdefault(_point(run, shown), []).append(str(number_of(run)))
    return {point: ", ".join(of) for point, of in numbers.items()}


def _label(axes: Axes, labels: Mapping[Point, str], dots: Sequence[Point], line: Sequence[Point]) -> None:
    """Write each label beside its dot, where it covers the least of dots, line and other labels."""
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in _places(axes, dots)]
    corners = _places(axes, line)
    for start, end in pairwise(corners):
        taken += [(x - 1, y - 1, x + 1, y + 1) for x, y in np.linspace(start, end, 60)]
    for (dot, text), (x, y) in zip(labels.items(), _places(axes, list(labels)), strict=True):
        width = text_width(text, FontProperties(size=LABEL)) * 72
        boxes = {}
        for right, up in AROUND:
            left = x + right - (0 if right > 0 else width if right < 0 else width / 2)
            boxes[right, up] = (left, y + up - 1, left + width, y + up + LABEL)
        covered = {at: sum(_overlap(box, other) for other in taken) for at, box in boxes.items()}
        place = min(covered, key=covered.__getitem__)
        taken.append(boxes[place])
        align = "left" if place[0] > 0 else "right" if place[0] < 0 else "center"
        axes.annotate(text, dot, xytext=place, textcoords="offset points", size=LABEL, color=INK, ha=align)


def _places(axes: Axes, dots: Sequence[Point]) -> np.ndarray:
    """Where they are on the page, in points: (dots, 2)."""
    return np.asarray(axes.transData.transform(np.array(dots))) * 72 / DPI


def _overlap(box: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Square points that two boxes of (left, bottom, right, top) share."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, width) * max(0.0, height)
