"""`zoo plugins check`: hold a plugin to the contract."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click
from rich.status import Status
from rich.text import Text

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option, set_option
from zoo.cli.output import console, print_json
from zoo.errors import ContractError
from zoo.testing.sandbox import FAILED, NOT_RUN, OK, STOPPED, CheckResult, Limits, run_checks_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLES = {OK: "green", FAILED: "red", STOPPED: "red", NOT_RUN: "dim"}
CHECK_WIDTH, OUTCOME_WIDTH = 28, 9


@click.command()
@click.argument("target", metavar="TARGET")
@set_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=Limits.seconds,
    show_default=True,
    metavar="SECONDS",
    help="Stop a check that takes longer.",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0, min_open=True),
    default=Limits.gigabytes,
    show_default=True,
    metavar="GB",
    help="Stop a plugin that takes more memory.",
)
@json_option
@pass_app
def command(
    app: App, target: str, hyperparameters: dict[str, str], timeout: float, memory: float, as_json: bool
) -> None:
    """Hold TARGET to the contract, in a process of its own.

    TARGET is a plugin file, the folder of a package, or the name of a plugin, an architecture or a dataset.
    """
    table = _Table(silent=as_json)
    try:
        results = run_checks_apart(
            target,
            plugins_dir=str(app.plugins_dir) if app.plugins_dir else None,
            hyperparameters=hyperparameters,
            limits=Limits(timeout, memory),
            began=table.began,
            ended=table.ended,
        )
    finally:
        table.close()
    if as_json:
        print_json(results)
    _conclude(target, results, silent=as_json)


class _Table:
    """A line for each check as it ends; on a terminal, also the one that runs."""

    def __init__(self, *, silent: bool) -> None:
        self.silent, self.subject = silent, ""
        self.status: Status | None = None

    def began(self, result: CheckResult) -> None:
        """Show which check runs."""
        screen = console(stderr=True)
        if not self.silent and screen.is_terminal:
            self.close()
            self.status = Status(f"{result.subject}: {result.check}", console=screen)
            self.status.start()

    def ended(self, result: CheckResult) -> None:
        """Print the line of a check."""
        self.close()
        if self.silent:
            return
        if result.subject != self.subject:
            self.subject = result.subject
            console().print(Text(result.subject, style="bold"))
        seconds = f"{result.seconds:.1f} s" if result.seconds else ""
        line = Text(f"  {result.check:{CHECK_WIDTH}}")
        line.append(f"{result.outcome:{OUTCOME_WIDTH}}", style=STYLES[result.outcome])
        line.append(f"{seconds:>8}")
        line.rstrip()
        console().print(line)

    def close(self) -> None:
        """Take the line of the running check away."""
        if self.status is not None:
            self.status.stop()
            self.status = None


def _conclude(target: str, results: Sequence[CheckResult], *, silent: bool) -> None:
    bad = [result for result in results if result.message]
    if not silent:
        for result in bad:
            click.echo(f"\n{result.subject} fails {result.check}: {result.message}")
        if bad:
            click.echo()
    counts = Counter(result.outcome for result in results)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in STYLES if counts[outcome])
    if bad:
        raise ContractError(f"{target} does not keep the contract: {told}")
    if not silent:
        click.echo(f"\n{target} keeps the contract: {told}")
