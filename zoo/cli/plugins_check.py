"""`zoo plugins check`: checks a plugin against the contract, in a child process."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.live import Live

from zoo.cli.app import App
from zoo.cli.number_types import NumberRange
from zoo.cli.options import json_option, set_option
from zoo.cli.output import print_json, print_table
from zoo.display.tables import cell, console, make_table
from zoo.testing.contract import CheckResult, Outcome
from zoo.testing.sandbox import Limits, check_in_child
from zoo.testing.targets import find_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from zoo.testing.sandbox import Planned, Watcher

COLUMNS = ("of", "check", "result", "seconds")

Row = tuple[str | None, ...]


@click.command()
@click.argument("target", metavar="TARGET")
@set_option
@click.option(
    "--weights",
    metavar="NAME|PATH",
    help="Also build each architecture with these weights, and show which tensors it loads.",
)
@click.option(
    "--timeout",
    type=NumberRange(0, min_open=True),
    default=Limits.seconds,
    show_default=True,
    metavar="SECONDS",
    help="Stop a check that takes longer.",
)
@click.option(
    "--memory",
    type=NumberRange(0, min_open=True),
    default=Limits.gigabytes,
    show_default=True,
    metavar="GB",
    help="Stop the checks when they take more memory.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: str,
    hyperparameters: dict[str, str],
    weights: str | None,
    timeout: float,
    memory: float,
    as_json: bool,
) -> None:
    """Check that a plugin keeps the contract.

    TARGET is the name of a plugin, an architecture, a dataset, a source, a decoder or a distribution that is loaded,
    or the path of a plugin file or of a package folder that need not be installed.
    """
    app = App.of(ctx)
    resolved = find_target(target, app.plugins, app.plugins_dir)
    with _watching() as watcher:
        results = check_in_child(resolved, hyperparameters, Limits(timeout, memory), watcher, weights)
    if as_json:
        print_json({"target": resolved.name, "passed": _passed(results), "checks": results})
    else:
        _print(resolved.name, results)
    if not _passed(results):
        ctx.exit(1)


class _Lines:
    """Prints one line for each check that has ended."""

    def planned(self, checks: Sequence[Planned]) -> None:
        """Nothing to show yet."""

    def started(self, subject: str, check: str) -> None:
        """Nothing to show yet."""

    def ended(self, result: CheckResult) -> None:
        click.echo(f"· {result.subject} {result.check}: {_in_words(result)}", err=True)


class _LiveTable:
    """A live table of all checks."""

    def __init__(self, height: int) -> None:
        self.height = height  # lines of the terminal
        self.checks: list[Planned] = []
        self.results: list[CheckResult] = []
        self.began = time.monotonic()

    def planned(self, checks: Sequence[Planned]) -> None:
        self.checks = list(checks)

    def started(self, subject: str, check: str) -> None:  # noqa: ARG002  the next one in the order
        self.began = time.monotonic()

    def ended(self, result: CheckResult) -> None:
        self.results.append(result)

    def render(self) -> Table:
        """Return one row for each check; on a small terminal, those around the one that runs."""
        rows: list[Row] = [_row(result) for result in self.results]
        waiting = self.checks[len(rows) :]
        if waiting:
            rows.append((*waiting[0], "running", f"{time.monotonic() - self.began:.1f}"))
        rows += [(*planned, None, None) for planned in waiting[1:]]
        columns, rows = _without_repetition(rows)
        table = make_table(columns)
        table.columns[-1].justify = "right"
        room = max(self.height - 2, 1)
        first = max(0, min(len(self.results) - room // 2, len(rows) - room))
        for row in rows[first : first + room]:
            table.add_row(*map(cell, row))
        return table


@contextmanager
def _watching() -> Iterator[Watcher]:
    """Yield a live table on a terminal, which disappears in the end, or plain lines elsewhere; on standard error."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield _Lines()
        return
    live_table = _LiveTable(screen.height)
    with Live(get_renderable=live_table.render, console=screen, refresh_per_second=4, transient=True):
        yield live_table


def _print(name: str, results: Sequence[CheckResult]) -> None:
    """Print the table, the messages of failed checks, and a summary."""
    columns, rows = _without_repetition([_row(result) for result in results])
    print_table(columns, rows, empty="", right=("seconds",))
    for text in (text for result in results for text in (result.details, result.message) if text):
        click.echo(text)
    counts = Counter(result.outcome for result in results)
    failed = counts[Outcome.FAILED] + counts[Outcome.STOPPED]
    rest = f", {counts[Outcome.NOT_RUN]} not run" if counts[Outcome.NOT_RUN] else ""
    click.echo(
        f"{name}: {f'{failed} of {len(results)} failed{rest}' if failed else f'{len(results)} checks passed'}"
    )


def _passed(results: Sequence[CheckResult]) -> bool:
    return all(result.outcome is Outcome.OK for result in results)


def _without_repetition(rows: list[Row]) -> tuple[Sequence[str], list[Row]]:
    """Return columns and rows, without the first column if all checks are of one object."""
    if len({row[0] for row in rows[1:]}) > 1:
        return COLUMNS, rows
    return COLUMNS[1:], [row[1:] for row in rows]


def _row(result: CheckResult) -> Row:
    seconds = None if result.seconds is None else f"{result.seconds:.1f}"
    return result.subject, result.check, result.outcome, seconds


def _in_words(result: CheckResult) -> str:
    return result.outcome if result.seconds is None else f"{result.outcome}, {result.seconds:.1f} s"
