"""Plots a search of the registry. Imports no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import NotFoundError, PlotError, SearchError, ZooError
from zoo.interfaces import Model, Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zoo.interfaces import Progress, Search
    from zoo.registry import Registry
    from zoo.reports.search_trials import SearchTrials

NEED_IMPORTANCE = (None, "importance", "parallel")
"""Kinds of plot that show the importance, or sort hyperparameters by it."""


@dataclass(frozen=True)
class PlottedSearch:
    """The plots of a search.

    Args:
        files: plot -> file.
        importance: hyperparameter -> share of the variance of the first objective; None where it cannot be computed,
            or no plot needs it.
    """

    search: Search
    files: Mapping[str, Path]
    importance: Mapping[str, float] | None


def plot(
    registry: Registry, ref: str, progress: Progress, *, kind: str | None = None, output: Path | None = None
) -> PlottedSearch:
    """Draw and write a search's plots.

    Args:
        ref: the search's id, or a unique prefix.
        kind: one of `zoo.reports.search_plots.PLOTS`; None: all for which the search has data.
        output: see `zoo.reports.files.output_files`.

    Raises:
        NotFoundError: there is no such search.
        PlotError: it is not a search, has nothing to draw, or the file cannot be written.
        SearchError: the importance is requested, and cannot be computed.
    """
    search = _find(registry, ref)
    # Matplotlib, scikit-learn and Optuna take seconds: a mistyped id is refused before.
    from zoo.reports.search_plots import plot_search
    from zoo.reports.search_trials import SearchTrials

    trials = SearchTrials(search, registry.runs(search=search.id))
    if not trials.completed:
        raise PlotError(f"no trial of search {search.id} has completed: see `zoo show {search.id}`")
    if kind == "front" and len(search.plan.objectives) < 2:
        raise PlotError(
            f"search {search.id} has one objective, {trials.objective.name}, and a front needs two: "
            f"search with --objective {trials.objective.name},params"
        )
    shares = _shares(trials, kind, progress) if kind in NEED_IMPORTANCE else None
    plots = _plots(trials, shares) if kind is None else (kind,)
    return PlottedSearch(search, plot_search(trials, plots, shares, output), shares)


def _find(registry: Registry, ref: str) -> Search:
    try:
        return registry.search(ref)
    except NotFoundError as no_search:
        try:
            match = registry.find(ref)
        except ZooError:
            raise no_search from None
        run = registry.run(match.run_id) if isinstance(match, Model) else match
        what = "model" if isinstance(match, Model) else "run"
        advice = "`zoo searches` lists them"
        if isinstance(run, Run) and run.search_id is not None:
            advice = f"this {what} is of search {run.search_id}"
        raise PlotError(f"'{ref}' is a {what}, and `zoo plot` takes a search: {advice}") from None


def _shares(trials: SearchTrials, kind: str | None, progress: Progress) -> Mapping[str, float] | None:
    """Return the importance; where it cannot be computed and the other plots do not need it, show why."""
    from zoo.search.importance import importance

    try:
        return importance(trials.search.plan.space, trials.completed, trials.objective)
    except SearchError as error:
        if kind == "importance" or (kind == "parallel" and not trials.axes):
            raise
        progress.notice(str(error))
        return None


def _plots(trials: SearchTrials, shares: Mapping[str, float] | None) -> tuple[str, ...]:
    """Return the plots for which the search has data."""
    from zoo.reports.search_plots import PLOTS

    possible = {
        "importance": shares is not None,
        "parallel": bool(trials.axes),
        "front": len(trials.search.plan.objectives) > 1,
    }
    return tuple(plot for plot in PLOTS if possible.get(plot, True))
