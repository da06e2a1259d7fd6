"""All trials of a search at once: an axis for each hyperparameter, a line for each trial."""

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

MOST_AXES, MOST_AXES_OF_SEVERAL = 8, 10  # the objective's included; the second of several architectures
SPACING, NARROWEST = 1.35, 6.4  # inches: between two axes, and of the page
SIDE, WORD = 3.8, 0.17  # inches: an axis, and the least between two words
TOP, BOTTOM = HEADING + 0.15, 0.65
SPREAD = 0.5  # of the distance between two words: over so much their trials are spread
EDGE = 0.03  # of an axis of numbers, free at both ends
HALO = withStroke(linewidth=2.5, foreground="white")


@house_style()
def draw_parallel(trials: SearchTrials, importance: Mapping[str, float]) -> Figure:
    """A line for each completed trial, the better the darker, across the axes of what was searched.

    The axes are the most important hyperparameters, see `_chosen`, and at the right the objective. A line breaks off
    where the trial has no such hyperparameter; those that some trials lack come first.

    Args:
        importance: hyperparameter -> share; empty where it is not known: then the first ones are taken.
    """
    ranked = _chosen(trials, importance)
    scores = [score for _, score in trials.scores]
    goal = _axis_of(trials.objective, scores)
    axes = [*ranked, goal]
    side = max(SIDE, WORD * max(len(axis.choices) for axis in axes))
    width = max(NARROWEST, 2 * MARGIN + SPACING * len(axes))
    spacing = (width - 2 * MARGIN) / len(axes)
    figure, page = blank_page(width, TOP + side + BOTTOM)
    columns = [
        _heights(axis, [of.get(axis.name) for of in trials.hyperparameters], scores) for axis in ranked
    ]
    heights = np.array([*columns, _heights(goal, scores, scores)])
    lefts = [MARGIN + spacing * (index + 0.45) for index in range(len(axes))]
    _draw_lines(page, lefts, TOP + side * (1 - heights.T), trials)
    for axis, left in zip(axes, lefts, strict=True):
        _draw_axis(page, axis, left, side, spacing)
    told = f"{trials.told}; the darker, the better"
    if left_out := len(trials.axes) - len(ranked):
        least = "less important " if importance and not trials.several else ""
        told += f"; without {counted(left_out, f'{least}hyperparameter')}"
    put_heading(figure, trials.search.dataset, f"trials of search {trials.search.id}", told)
    return figure


def _chosen(trials: SearchTrials, importance: Mapping[str, float]) -> list[Searched]:
    """The hyperparameters that have an axis, from left to right: the most important ones.

    Of several architectures it is the architecture and, first of all, what is the best trial's architecture's own;
    what the best trial does not have comes last.
    """
    best = trials.best_first[0].trial
    had: Collection[str] = best.hyperparameters if best is not None and trials.several else ()

    def rank(axis: Searched) -> tuple[bool, bool, bool, float]:
        own = axis.name in had
        share = importance.get(axis.name, 0.0)
        return (axis.name != ARCHITECTURE, trials.several and not own, not (own and "/" in axis.name), -share)

    most = MOST_AXES_OF_SEVERAL if trials.several else MOST_AXES
    chosen = sorted(trials.axes, key=rank)[: most - 1]
    # What some trials lack is at the left, so that few lines break off between what they have.
    return sorted(chosen, key=lambda axis: all(axis.name in values for values in trials.hyperparameters))


def _axis_of(objective: Objective, scores: Sequence[float]) -> Searched:
    low, high = limits(objective, scores)
    sampling = "log" if is_logarithmic(objective, scores) else "linear"
    return Searched(objective.name, low, low=low, high=high, sampling=sampling)


def _heights(
    axis: Searched, values: Sequence[HyperparameterValue | None], scores: Sequence[float]
) -> list[float]:
    """Where each trial, of this value and score, crosses the axis, 0 at its foot to 1; NaN where it does not.

    Trials of one choice lie one above the other, the higher score on top, so that none hides another.
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
    """The best trial last, so that it lies on top.

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
    """The axis with its numbers or words at the right of it, and its name below."""
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
    """Place and text of what is written at an axis."""
    if axis.choices:
        return [(index, str(choice)) for index, choice in enumerate(axis.choices)]
    ticks = ticks_between(axis.low, axis.high, logarithmic=axis.sampling == "log", whole=axis.whole)
    placed = ((axis.place(tick), short(tick)) for tick in ticks)
    return [(place, text) for place, text in placed if place is not None]
