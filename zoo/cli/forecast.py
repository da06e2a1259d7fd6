"""The output of `zoo search --dry-run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.output import print_fields, print_json, print_table
from zoo.cli.spaces import entries_of
from zoo.display.search_table import duration
from zoo.interfaces.spaces import Space

if TYPE_CHECKING:
    from zoo.workflows.search import Forecast


def print_forecast(forecast: Forecast, *, as_json: bool) -> None:
    """Print the space, its size, and the time that the search may take."""
    if as_json:
        print_json(forecast)
        return
    rows = [
        (entry.name, str(entry.default), entry.searched, entry.condition and f"only with {entry.condition}")
        for entry in entries_of(Space.from_config(forecast.space).without_met_conditions())
        if entry.searched
    ]
    columns = ["hyperparameter", "default", "searched over", "note"]
    print_table(columns, rows, empty="nothing is searched", prose=("note",))
    click.echo()
    fewer = forecast.combinations == forecast.trials
    print_fields(
        {
            "different trials": _most(forecast.combinations),
            "trials": f"{forecast.trials} of {forecast.epochs} epochs" + (", all of them" if fewer else ""),
            "an epoch takes": ", ".join(
                f"{_seconds(each)} ({name})" for name, each in forecast.epoch_seconds.items()
            ),
            "the search takes": f"{duration(forecast.seconds)} at most, one trial after another, "
            "if others are as large as the defaults",
        }
    )


def _most(combinations: int | None) -> str:
    return "infinitely many" if combinations is None else f"at most {combinations:,}"


def _seconds(number: float) -> str:
    """`2.3 s`, `0.038 s`."""
    return f"{number:.1f} s" if number >= 1 else f"{number:.2g} s"
