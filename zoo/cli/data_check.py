"""`zoo data check`: finds problems of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.padding import Padding
from rich.text import Text

from zoo.cli.app import App
from zoo.cli.options import dataset_argument, json_option
from zoo.cli.output import print_json
from zoo.display.tables import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from zoo.data.checks import ConcernedFile, Finding, Report

SHOWN = 5  # files, groups of copies or classes of a finding
STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
INDENT = 9  # the longest severity, and two spaces


@click.command()
@dataset_argument
@click.option("--all", "everything", is_flag=True, help="Name every file, not only the first few.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is an error.")
@json_option
@click.pass_context
def command(ctx: click.Context, /, dataset: str, everything: bool, strict: bool, as_json: bool) -> None:
    """Check DATASET for problems that affect training or evaluation.

    Damaged and blank images; copies and near copies in a class, in several classes and, worst, in several splits;
    unbalanced and small classes; splits that are too small; unusual sizes and files.

    An error makes results wrong, a warning makes them poor, a note is for information. No file is changed. The exit
    code is 0 whatever the findings, unless --strict is given.
    """
    from zoo.data.checks import Severity, check_dataset
    from zoo.display.live import watching

    with App.of(ctx).open_dataset(dataset) as (opened, _), watching() as progress:
        report = check_dataset(opened, progress)
    print_json(report) if as_json else _print(report, None if everything else SHOWN)
    if strict and report.of(Severity.ERROR):
        ctx.exit(1)


def _print(report: Report, limit: int | None) -> None:
    """Print the findings, the worst first, and a summary."""
    screen = console()
    for finding in report.findings:
        for head in _head(screen, finding):
            screen.print(head)
        _indented(screen, Text(finding.advice, style="dim"), INDENT)
        lines = list(_lines(finding, report.source))
        for line in lines[:limit]:
            _indented(screen, Text(line, overflow="fold"), INDENT + 2)
        if limit is not None and len(lines) > limit:
            _indented(screen, Text(f"and {len(lines) - limit:,} more (--all)"), INDENT + 2)
        screen.print()
    screen.print(_sum(report))


def _head(screen: Console, finding: Finding) -> Iterator[Text]:
    """Yield the severity in colour, and the message beside it."""
    severity = f"{finding.severity:<{INDENT}}"
    for line in Text(finding.message).wrap(screen, screen.width - INDENT):
        yield Text(severity, style=STYLES[finding.severity]).append(line.plain, style="not bold default")
        severity = " " * INDENT


def _indented(screen: Console, line: Text, columns: int) -> None:
    screen.print(Padding(line, (0, 0, 0, columns), expand=False))


def _sum(report: Report) -> str:
    """Return the number of findings of each severity."""
    from zoo.data.checks import Severity
    from zoo.data.units import counted

    checked = f"{counted(report.images, 'image')} of {counted(report.classes, 'class')}"
    counts = [
        counted(len(report.of(severity)), severity.value) for severity in Severity if report.of(severity)
    ]
    if not counts:
        return (
            f"{report.dataset}: nothing wrong in {checked}: all readable, no copies, no blanks, no poor split"
        )
    return f"{report.dataset}: {', '.join(counts)} in {checked}"


def _lines(finding: Finding, source: str) -> Iterator[str]:
    """Yield a line for each class, file or group of copies."""
    yield from finding.classes
    groups: dict[object, list[ConcernedFile]] = {}
    for position, file in enumerate(finding.files):
        groups.setdefault(file.group or f"alone {position}", []).append(file)
    for group in groups.values():
        yield " = ".join(_name(file, source) for file in group)


def _name(file: ConcernedFile, source: str) -> str:
    """Return its path relative to the dataset's folder; of an array, its number with its class and split."""
    from zoo.data.sources import RESPLIT

    path, source = Path(file.path), source.removesuffix(RESPLIT)
    if not path.is_absolute():
        name = f"{file.path} ({file.class_name}, {file.split})"
    else:
        name = str(path.relative_to(source)) if path.is_relative_to(source) else file.path
        name += f" ({file.split})" if file.group and file.split not in path.parts else ""
    return f"{name}: {file.detail}" if file.detail else name
