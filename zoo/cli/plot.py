"""`zoo plot`: plots of a search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_fields, print_json, print_table

if TYPE_CHECKING:
    from zoo.workflows.search.plots import PlottedSearch

KINDS = ("importance", "parallel", "history", "front", "all")


@click.command()
@click.argument("search", metavar="SEARCH")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="The hyperparameters' importance, all trials as lines, scores in order, or the front of several objectives."
    "  [default: all]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A .png or .svg file, or a folder; existing plots are replaced.  [default: SEARCH-KIND.png here]",
)
@json_option
@pass_app
def command(app: App, search: str, kind: str | None, output: Path | None, as_json: bool) -> None:
    """Plot SEARCH: the importance of hyperparameters, and the trials.

    SEARCH is an id or a prefix of one. For several plots, OUTPUT.svg becomes OUTPUT-KIND.svg.
    """
    from zoo.display.live import watching
    from zoo.workflows.search.plots import plot

    with app.open_registry() as registry, watching() as progress:
        plotted = plot(registry, search, progress, kind=None if kind == "all" else kind, output=output)
    print_json(_document(plotted)) if as_json else _print(plotted)


def _document(plotted: PlottedSearch) -> dict[str, object]:
    return {
        "search": plotted.search.id,
        "objective": plotted.search.plan.objective.name,
        "importance": plotted.importance,
        "plots": _written(plotted),
    }


def _print(plotted: PlottedSearch) -> None:
    print_fields(_written(plotted))
    if plotted.importance is not None:
        click.echo()
        print_table(["hyperparameter", "importance"], plotted.importance.items(), empty="")


def _written(plotted: PlottedSearch) -> dict[str, str]:
    """Return kind of plot -> its file."""
    return {name: str(path) for name, path in plotted.files.items()}
