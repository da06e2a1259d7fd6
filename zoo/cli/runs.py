"""`zoo runs`: all trainings, including those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.number_types import WholeRange
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table
from zoo.data.units import counted
from zoo.interfaces import RunKind, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Run
    from zoo.registry import Registry

COMMANDS_SHOWN = 3


@click.command()
@click.option("--dataset", metavar="DATASET", help="Only runs on this dataset.")
@click.option("--search", metavar="ID", help="Only trials of this search, in their order.")
@click.option("--kind", type=click.Choice([kind.value for kind in RunKind]), help="Only runs of this kind.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only runs in this state.")
@click.option("--limit", type=WholeRange(1), metavar="N", help="Only the first N.")
@json_option
@pass_app
def command(
    app: App,
    dataset: str | None,
    search: str | None,
    kind: str | None,
    state: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the runs in the registry, the newest first."""

    with app.open_registry() as registry:
        runs = registry.runs(
            dataset=dataset,
            search=None if search is None else registry.search(search).id,
            kind=None if kind is None else RunKind(kind),
            state=None if state is None else State(state),
            limit=limit,
        )
        resuming = _how_to_resume(registry, runs)
    if as_json:
        print_json(runs)
        return
    filtered = any(option is not None for option in (dataset, search, kind, state))
    _print_table(runs, "no such run" if filtered else "no runs yet: start one with `zoo train ARCH DATASET`")
    for line in resuming:
        click.echo(line, err=True)


def _how_to_resume(registry: Registry, runs: Sequence[Run]) -> list[str]:
    """Return the commands that resume the newest interrupted trainings, and the number of the others."""
    from zoo.registry import resume_command

    interrupted = [run for run in runs if run.state is State.INTERRUPTED and run.search_id is None]
    lines = [f"continue with: {resume_command(registry, run)}" for run in interrupted[:COMMANDS_SHOWN]]
    if len(interrupted) > COMMANDS_SHOWN:
        more = counted(len(interrupted) - COMMANDS_SHOWN, "older run")
        lines.append(f"{more} interrupted: `zoo show RUN` shows how to resume them")
    return lines


def _print_table(runs: Sequence[Run], empty: str) -> None:
    rows = [
        (
            run.id,
            run.plan.kind,
            run.state,
            run.plan.architecture,
            f"{run.dataset} v{run.dataset_version}",
            run.model_id,
            round((run.finished_at - run.started_at).total_seconds()) if run.finished_at else None,
            run.search_id,
            run.started_at,
        )
        for run in runs
    ]
    columns = ["run", "kind", "state", "architecture", "dataset", "model", "seconds", "search", "started"]
    print_table(columns, rows, empty=empty)
