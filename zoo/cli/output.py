"""Prints results as tables, fields and JSON on standard output."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len
from rich.table import Table

from zoo.display.tables import GAP, cell, console, make_table

if TYPE_CHECKING:
    from rich.console import RenderableType

LONGEST_WORD = 20  # columns with longer values are texts, which may be shortened
SHORTEST_TEXT = 16


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    right: Collection[str] = (),
    prose: Collection[str] = (),
) -> None:
    """Print a table without lines, or `empty` when there are no rows.

    On a terminal that is too narrow, texts are shortened; then columns are left out, the last ones first.

    Args:
        right: columns to align to the right, in addition to those of numbers.
        prose: columns whose texts continue on the next line instead of being shortened.
    """
    rows = [tuple(row) for row in rows]
    if not rows:
        click.echo(empty)
        return
    cells = [[cell(value) for value in row] for row in rows]
    natural = [
        max(cell_len(name), *(text.cell_len for text in column))
        for name, column in zip(columns, zip(*cells, strict=True), strict=True)
    ]
    widths = _fit(natural, console().width)
    table = make_table(columns[: len(widths)])
    for index, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        column.width = width
        column.no_wrap = columns[index] not in prose
        if columns[index] in right or _numbers([row[index] for row in rows]):
            column.justify = "right"
    for row in cells:
        table.add_row(*row[: len(widths)])
    print_trimmed(table)
    if len(widths) < len(columns):
        missing = ", ".join(columns[len(widths) :])
        console(stderr=True).print(f"no room for {missing}: widen the terminal, or use --json")


def _fit(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of the columns that fit. Texts are shortened as needed; ids and numbers are never cut."""
    texts = [index for index, width in enumerate(widths) if width > LONGEST_WORD]
    least = [SHORTEST_TEXT if index in texts else width for index, width in enumerate(widths)]
    count = len(widths)
    while count > 1 and _line(least[:count]) > room:
        count -= 1
    fitted = list(widths[:count])
    while _line(fitted) > room and any(index < count for index in texts):
        fitted[max((index for index in texts if index < count), key=fitted.__getitem__)] -= 1
    return fitted


def _numbers(values: Sequence[object]) -> bool:
    """Whether all values are numbers; None is an unknown number."""
    kinds = {type(value) for value in values} - {type(None)}
    return bool(kinds) and kinds <= {int, float}


def _line(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print a name and a value on each line, the values aligned."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, cell(value))
    print_trimmed(table)


def print_trimmed(drawn: RenderableType, *, least: int = 0) -> None:
    """Print without rich's trailing spaces.

    Args:
        least: minimum number of columns; a narrower terminal breaks the lines itself.
    """
    screen = console()
    screen.width = max(screen.width, least)
    with screen.capture() as captured:
        screen.print(drawn)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def print_json(value: object) -> None:
    """Print the value as JSON: dataclasses by field, times in ISO 8601, and null for numbers that are not finite."""
    click.echo(json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False))


def jsonable(value: Any) -> Any:  # a dataclass, a container or a plain value
    """Return the value in JSON types."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [jsonable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
