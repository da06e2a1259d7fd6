"""Draws and writes the plots of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.reports.files import output_files, write_figure
from zoo.reports.front import draw_front
from zoo.reports.history import draw_history
from zoo.reports.importance import draw_importance
from zoo.reports.parallel import draw_parallel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from zoo.reports.search_trials import SearchTrials

PLOTS = ("importance", "parallel", "history", "front")


def plot_search(
    trials: SearchTrials,
    plots: Sequence[str],
    importance: Mapping[str, float] | None,
    output: Path | None = None,
) -> dict[str, Path]:
    """Draw and write plots; return plot -> file.

    Args:
        trials: at least one of them must be completed.
        plots: from `PLOTS`.
        importance: hyperparameter -> share, the most important first; None if unknown.
        output: see `zoo.reports.files.output_files`.

    Raises:
        PlotError: a plot cannot be written.
    """
    files = output_files(plots, trials.search.id, output)
    for plot, path in files.items():
        write_figure(_draw(trials, plot, importance or {}), path)
    return files


def _draw(trials: SearchTrials, plot: str, importance: Mapping[str, float]) -> Figure:
    if plot == "importance":
        return draw_importance(trials, importance)
    if plot == "parallel":
        return draw_parallel(trials, importance)
    return draw_history(trials) if plot == "history" else draw_front(trials)
