"""Plots the importance of the hyperparameters for a search's objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from zoo.reports.lettering import fitted, lettering, widest
from zoo.reports.style import DPI, HEADING, MARGIN, QUIET, SMALL, SPLIT_COLOURS, house_style, put_heading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.reports.search_trials import SearchTrials

MOST_BARS = 30
ROW, BAR = 0.27, 0.76  # inches, and a share of them
LABEL_WIDTH, PANEL = 2.6, 4.0  # inches
BOTTOM = 0.6


@house_style()
def draw_importance(trials: SearchTrials, importance: Mapping[str, float]) -> Figure:
    """Draw a bar for each searched hyperparameter, at most 30, the most important one on top."""
    shown = list(importance.items())[:MOST_BARS]
    letters = lettering([name for name, _ in shown])
    names = [fitted(name, LABEL_WIDTH, 8.0, letters.fonts) for name in letters.names]
    label = 0.1 + widest(names, 8.0, letters.fonts)
    width, height = 2 * MARGIN + label + PANEL, HEADING + 0.1 + len(shown) * ROW + BOTTOM
    width = max(width, 6.0)
    figure = Figure(figsize=(width, height), dpi=DPI)
    panel = width - 2 * MARGIN - label
    axes = figure.add_axes(
        ((MARGIN + label) / width, BOTTOM / height, panel / width, len(shown) * ROW / height)
    )
    shares = [share for _, share in shown]
    axes.barh(range(len(shown)), shares, height=BAR, color=SPLIT_COLOURS["train"])
    for row, share in enumerate(shares):
        axes.annotate(
            "under 0.1 %" if share < 0.001 else f"{share:.1%}".replace("%", " %"),
            (share, row),
            xytext=(2.5, 0),
            textcoords="offset points",
            va="center_baseline",
            size=SMALL,
            color=QUIET,
        )
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks(range(len(shown)), names, size=8.0, family=letters.fonts)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max(shares) / (1 - 0.65 / panel))  # room for the number at the longest bar
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
    axes.set_xlabel(f"share of the variance of {trials.objective.name}")
    axes.grid(axis="x")
    left_out = len(importance) - len(shown)
    subtitle = trials.summary + (f"; the {left_out} least important are left out" if left_out else "")
    put_heading(figure, trials.search.dataset, f"importance in search {trials.search.id}", subtitle)
    return figure
