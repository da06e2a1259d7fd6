"""Plots the history of a search: the score of each trial, and the best so far."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zoo.reports.scales import scale, short
from zoo.reports.search_trials import number_of
from zoo.reports.style import DPI, HEADING, MARGIN, QUIET, SPLIT_COLOURS, house_style, put_heading

if TYPE_CHECKING:
    from zoo.reports.search_trials import SearchTrials

WIDTH, SIDE = 6.4, 3.4  # inches
LEFT, BOTTOM = 0.75, 0.95


@house_style()
def draw_history(trials: SearchTrials) -> Figure:
    """Draw the objective over the trial's number: a dot for each trial, and a line for the best so far."""
    objective = trials.objective
    numbers, scores = [number for number, _ in trials.scores], [score for _, score in trials.scores]
    best = list(accumulate(scores, max if objective.direction == "max" else min))
    height = HEADING + 0.1 + SIDE + BOTTOM
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    axes = figure.add_axes(
        ((MARGIN + LEFT) / WIDTH, BOTTOM / height, (WIDTH - LEFT - 2 * MARGIN) / WIDTH, SIDE / height)
    )
    axes.plot(numbers, scores, "o", color=QUIET, alpha=0.6, markersize=4.5, markeredgewidth=0, label="trial")
    axes.plot(
        numbers,
        best,
        color=SPLIT_COLOURS["train"],
        drawstyle="steps-post",
        linewidth=1.6,
        label=f"best so far: {short(best[-1])} in trial {number_of(trials.best_first[0])}",
        marker="o" if len(numbers) == 1 else None,
        zorder=1,
    )
    scale(axes.yaxis, axes.set_yscale, objective, scores)
    edge = max(0.5, 0.02 * max(numbers))
    axes.set_xlim(1 - edge, max(numbers) + edge)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.set_xlabel("trial")
    axes.grid(axis="y")
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2, frameon=False, borderaxespad=0, handlelength=1.6
    )
    put_heading(figure, trials.search.dataset, f"history of search {trials.search.id}", trials.summary)
    return figure
