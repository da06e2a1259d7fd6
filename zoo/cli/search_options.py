"""The options of `zoo search` besides those of a training, which are in `zoo.cli.options`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from zoo.cli.number_types import Duration, Number, WholeRange
from zoo.cli.options import gathered
from zoo.interfaces.algorithms import ALGORITHMS, DEFAULT, DEFAULT_OF_SEVERAL, PRUNERS
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, objectives

if TYPE_CHECKING:
    from zoo.interfaces import SearchOptions
    from zoo.workflows.search import Extension

_OPTIONS = (
    click.option(
        "--algorithm",
        metavar="|".join(ALGORITHMS),
        help=f"How the next trial is chosen.  [default: {DEFAULT}; {DEFAULT_OF_SEVERAL} for several objectives]",
    ),
    click.option(
        "--trials",
        type=WholeRange(1, 1_000_000),
        default=10,
        show_default=True,
        help="Maximum number of trials.",
    ),
    click.option(
        "--objective",
        default=DEFAULT_OBJECTIVE.name,
        show_default=True,
        metavar="NAME[,NAME…]",
        help=f"The metrics to optimise: {', '.join(objectives())}. Of several, the Pareto front is searched.",
    ),
    click.option(
        "--pruner",
        metavar="|".join(PRUNERS),
        help="Stop trials that do worse than others after an epoch.  [default: none]",
    ),
    click.option(
        "--max-time", type=Duration(), metavar="TIME", help="End the search after 90s, 10m, 1h30m …"
    ),
    click.option(
        "--target", type=Number(), metavar="VALUE", help="End the search when the objective reaches VALUE."
    ),
    click.option(
        "--keep",
        type=WholeRange(1),
        default=3,
        show_default=True,
        metavar="N",
        help="Keep the weights of the best N trials.",
    ),
    click.option(
        "--warm-start",
        type=click.Choice(["auto", "off"]),
        default="auto",
        show_default=True,
        help="auto: the first trials have the best hyperparameters of earlier searches on this and similar datasets.",
    ),
)
SEARCH_NAMES = ("algorithm", "trials", "objective", "pruner", "max_time", "target", "keep", "warm_start")


search_options = gathered("searching", SEARCH_NAMES, _OPTIONS)
"""Add the options; the command gets them as `searching`, for `make_search_options`."""


EXTENSION_NAMES = ("trials", "max_time", "target")
"""The options that may be changed when a search is resumed."""


def make_extension(ctx: click.Context) -> Extension:
    """Return the changes of a resumed search from the options on the command line."""
    from zoo.workflows.search import Extension

    values = {
        name: ctx.params[name]
        for name in EXTENSION_NAMES
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return Extension(values.get("trials"), values.get("max_time"), values.get("target"))


def make_search_options(searching: dict[str, Any]) -> SearchOptions:
    """Return the options for the workflow.

    Raises:
        UnknownNameError, SearchError: see `zoo.workflows.search.search_options`.
    """
    from zoo.workflows.search import search_options as make

    values = dict(searching)
    return make(
        max_seconds=values.pop("max_time"),
        warm_start=values.pop("warm_start") == "auto",
        **values,
    )
