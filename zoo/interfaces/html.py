"""Small HTML tables, which notebooks show in place of a value's `repr`: escaped, without styles or scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def fields_table(caption: str, fields: Mapping[str, object]) -> str:
    """A table with one row for each field: its name, then its value."""
    rows = (f'<tr><th scope="row">{_text(name)}</th>{_cell(value)}</tr>' for name, value in fields.items())
    return f"<table><caption>{_text(caption)}</caption><tbody>{''.join(rows)}</tbody></table>"


def rows_table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a head; the first column names its row."""
    head = "".join(f'<th scope="col">{_text(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{_text(row[0])}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows
    )
    return (
        f"<table><caption>{_text(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    return f"<td>{_text(value)}</td>"


def _text(value: object) -> str:
    """The value as escaped text: floats with 4 decimals, thousands separated, a dash for a missing value."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(str(value))
