"""Plots the trials of a search in parallel coordinates: an axis for each hyperparameter, a line for each trial."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke

from zoo.data.units import counted
from zoo.interfaces.spaces import ARCHITECTURE, Searched
from zoo.reports.lettering import fitted, lettering
from zoo.reports.scales import colouring, is_logarithmic, limits, short, ticks_between
from zoo.reports.style import (
    HEADING,
    INK,
    MARGIN,
    QUIET,
    SMALL,
    TEXT,
    blank_page,
    house_style,
    put_heading,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoo.interfaces import HyperparameterValue, Objective
    from zoo.reports.search_trials import SearchTrials

MOST_AXES, MOST_AXES_OF_SEVERAL = 8, 10  # including the objective's; for one and for several architectures
SPACING, NARROWEST = 1.35, 6.4  # inches: between two axes, and of the page
SIDE, WORD = 3.8, 0.17  # inches: the length of an axis, and the minimal distance between two words
TOP, BOTTOM = HEADING + 0.15, 0.65
SPREAD = 0.5  # of the distance between two words, over which trials with the same word are spread
EDGE = 0.03  # of an axis of numbers, empty at both ends
HALO = withStroke(linewidth=2.5, foreground="white")


@house_style()
def draw_parallel(trials: SearchTrials, importance: Mapping[str, float]) -> Figure:
    """Draw a line for each completed trial, darker for better ones, across the axes of the searched hyperparameters.

    The axes are the most important hyperparameters, see `_choose_axes`, and on the right the objective. A line is
    interrupted where the trial lacks a hyperparameter; hyperparameters that some trials lack are on the left.

    Args:
        importance: hyperparameter -> share; empty if unknown: then the first hyperparameters are used.
    """
    ranked = _choose_axes(trials, importance)
    scores = [score for _, score in trials.scores]
    goal = _axis_of(trials.objective, scores)
    axes = [*ranked, goal]
    side = max(SIDE, WORD * max(len(axis.choices) for axis in axes))
    width = max(NARROWEST, 2 * MARGIN + SPACING * len(axes))
    spacing = (width - 2 * MARGIN) / len(axes)
    figure, page = blank_page(width, TOP + side + BOTTOM)
    columns = [
        _heights(axis, [values.get(axis.name) for values in trials.hyperparameters], scores)
        for axis in ranked
    ]
    heights = np.array([*columns, _heights(goal, scores, scores)])
    lefts = [MARGIN + spacing * (index + 0.45) for index in range(len(axes))]
    _draw_lines(page, lefts, TOP + side * (1 - heights.T), trials)
    for axis, left in zip(axes, lefts, strict=True):
        _draw_axis(page, axis, left, side, spacing)
    subtitle = f"{trials.summary}; the darker, the better"
    if left_out := len(trials.axes) - len(ranked):
        less_important = "less important " if importance and not trials.several else ""
        subtitle += f"; without {counted(left_out, f'{less_important}hyperparameter')}"
    put_heading(figure, trials.search.dataset, f"trials of search {trials.search.id}", subtitle)
    return figure


def _choose_axes(trials: SearchTrials, importance: Mapping[str, float]) -> list[Searched]:
    """The hyperparameters that get an axis, from left to right: the most important ones.

    With several architectures: the architecture, then the hyperparameters of the best trial, first those of its
    architecture alone, then the others.
    """
    best = trials.best_first[0].trial
    of_best: Collection[str] = best.hyperparameters if best is not None and trials.several else ()

    def rank(axis: Searched) -> tuple[bool, bool, bool, float]:
        own = axis.name in of_best
        share = importance.get(axis.name, 0.0)
        return (axis.name != ARCHITECTURE, trials.several and not own, not (own and "/" in axis.name), -share)

    limit = MOST_AXES_OF_SEVERAL if trials.several else MOST_AXES
    axes = sorted(trials.axes, key=rank)[: limit - 1]
    # Those that some trials lack are on the left, so that few lines are interrupted in the middle.
    return sorted(axes, key=lambda axis: all(axis.name in values for values in trials.hyperparameters))


def _axis_of(objective: Objective, scores: Sequence[float]) -> Searched:
    low, high = limits(objective, scores)
    sampling = "log" if is_logarithmic(objective, scores) else "linear"
    return Searched(objective.name, low, low=low, high=high, sampling=sampling)


def _heights(
    axis: Searched, values: Sequence[HyperparameterValue | None], scores: Sequence[float]
) -> list[float]:
    """The heights, from 0 to 1, at which trials with these values and scores cross the axis; NaN without a value.

    Trials with the same choice are spread, the higher score on top, so that none hides another.
    """
    places = [axis.place(value) for value in values]
    if not axis.choices:
        return [math.nan if place is None else _height(axis, place) for place in places]
    heights = []
    for index, place in enumerate(places):
        same = sorted((scores[other], other) for other, at in enumerate(places) if at == place)
        rank = (same.index((scores[index], index)) + 0.5) / len(same) - 0.5
        heights.append(math.nan if place is None else _height(axis, place + SPREAD * rank))
    return heights


def _height(axis: Searched, place: float) -> float:
    return (place + 0.5) / len(axis.choices) if axis.choices else EDGE + (1 - 2 * EDGE) * place


def _draw_lines(page: Axes, lefts: Sequence[float], tops: np.ndarray, trials: SearchTrials) -> None:
    """Draw the best trial last, so that it is on top.

    Args:
        tops: inches from the upper edge, (trials, axes).
    """
    scores = [score for _, score in trials.scores]
    colours = colouring(trials.objective, scores).to_rgba(np.asarray(scores))
    places = {run.id: index for index, run in enumerate(trials.completed)}
    order = [places[run.id] for run in reversed(trials.best_first)]
    faint = 0.85 if len(scores) <= 60 else 0.5
    for index in order:
        best = index == order[-1]
        page.plot(
            lefts,
            tops[index],
            color=colours[index],
            alpha=1 if best else faint,
            linewidth=2.2 if best else 1.1,
            marker="o",
            markersize=4 if best else 2.5,
            markeredgewidth=0,
            zorder=2.5 if best else 2,
        )


def _draw_axis(page: Axes, axis: Searched, left: float, side: float, spacing: float) -> None:
    """Draw the axis with its numbers or words on its right, and its name below."""
    page.plot([left, left], [TOP, TOP + side], color=QUIET, linewidth=0.8, zorder=1.5)
    marks = _marks(axis)
    letters = lettering([text for _, text in marks])
    for (place, _), text in zip(marks, letters.names, strict=True):
        page.text(
            left + 0.06,
            TOP + side * (1 - _height(axis, place)),
            fitted(text, spacing * 0.75, 8.0, letters.fonts),
            size=8.0,
            va="center_baseline",
            family=letters.fonts,
            path_effects=[HALO],
            zorder=4,
        )
    scope, _, name = axis.name.rpartition("/")
    names = lettering([name, scope])
    for text, points, down, colour in (
        (names.names[0], TEXT, 0.1, INK),
        (names.names[1], SMALL, 0.28, QUIET),
    ):
        shown = fitted(text, spacing - 0.1, points, names.fonts)
        page.text(
            left,
            TOP + side + down,
            shown,
            size=points,
            ha="center",
            va="top",
            color=colour,
            family=names.fonts,
        )


def _marks(axis: Searched) -> list[tuple[float, str]]:
    """Position and text of the marks at an axis."""
    if axis.choices:
        return [(index, str(choice)) for index, choice in enumerate(axis.choices)]
    ticks = ticks_between(axis.low, axis.high, logarithmic=axis.sampling == "log", whole=axis.whole)
    placed = ((axis.place(tick), short(tick)) for tick in ticks)
    return [(place, text) for place, text in placed if place is not None]
