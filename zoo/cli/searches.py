"""`zoo searches`: all searches, and how to resume interrupted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table
from zoo.interfaces import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import Run, Search


@click.command()
@click.option("--dataset", metavar="DATASET", help="Only searches on this dataset.")
@json_option
@pass_app
def command(app: App, dataset: str | None, as_json: bool) -> None:
    """List the searches in the registry, the newest first."""
    from zoo.registry import resume_command

    with app.open_registry() as registry:
        searches, unreadable = registry.searches(dataset=dataset), registry.unreadable_searches()
        trials = {search.id: registry.runs(search=search.id) for search in searches}
        resumable = [search for search in searches if search.state not in (State.COMPLETED, State.RUNNING)]
        commands = [resume_command(registry, search) for search in resumable]
    for line in unreadable:
        click.echo(line, err=True)
    if as_json:
        print_json(searches)
        return
    _print_table(searches, trials, _empty(dataset, unreadable))
    for command_line in commands:
        click.echo(f"continue with: {command_line}", err=True)


def _empty(dataset: str | None, unreadable: Sequence[str]) -> str:
    """Return the line in place of a table without rows."""
    if dataset is not None:
        return "no such search"
    return "no other searches" if unreadable else "no searches yet: start one with `zoo search ARCH DATASET`"


def _print_table(searches: Sequence[Search], trials: Mapping[str, Sequence[Run]], empty: str) -> None:
    """Print a row for each search, with the number of its trials that are completed or pruned."""
    rows = [
        (
            search.id,
            search.state,
            ",".join(search.plan.architectures),
            f"{search.dataset} v{search.dataset_version}",
            f"{sum(run.state in (State.COMPLETED, State.PRUNED) for run in trials[search.id])}/{search.plan.trials}",
            search.best_model_id,
            search.plan.algorithm,
            search.started_at,
        )
        for search in searches
    ]
    columns = ["search", "state", "architecture", "dataset", "trials", "best model", "algorithm", "started"]
    print_table(columns, rows, empty=empty)
