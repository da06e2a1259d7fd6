"""Consoles, tables and cells in zoo's style."""

from __future__ import annotations

import shlex
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDE = 10_000  # columns if the output is not a terminal, so that nothing is cut off for programs that read it
GAP = 2  # columns between two columns of a table
DASH = "–"
STATE_STYLES = {
    "completed": "green",
    "failed": "red",
    "running": "cyan",
    "interrupted": "yellow",
    "pruned": "dim",
    "quarantined": "red",
}


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or standard error; plain and wide if that is not a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(stderr=stderr, width=width, highlight=False, emoji=False, markup=False)


def make_table(columns: Sequence[str]) -> Table:
    """A table in zoo's style: no lines, bold column heads."""
    table = Table(*columns, box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column in table.columns:
        column.no_wrap = True
    return table


def cell(value: object) -> Text:
    """A value as readable text: 4 decimals, thousands separated, a dash for a missing value."""
    if value is None or value == "":
        return Text(DASH, style="dim")
    if isinstance(value, float):
        return Text(f"{value:.4f}")
    if isinstance(value, int) and not isinstance(value, bool):
        return Text(f"{value:,}")
    if isinstance(value, datetime):
        return Text(f"{value.astimezone():%Y-%m-%d %H:%M:%S}")
    text = str(value)
    return Text(text, style=STATE_STYLES.get(text, ""))


def pairs(hyperparameters: Mapping[str, object]) -> str:
    """`name=value` pairs separated by spaces; a value that is empty or has spaces is quoted, as in a shell."""
    return " ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={shlex.quote(str(value))}"
        for name, value in hyperparameters.items()
    )
