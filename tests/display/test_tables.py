"""Consoles, tables and cells in zoo's look."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest

from zoo.display.tables import DASH, WIDE, cell, console, make_table, pairs
from zoo.interfaces import State

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, DASH),
        ("", DASH),
        (0, "0"),
        (1234567, "1,234,567"),
        (0.12345, "0.1235"),
        (float("nan"), "nan"),
        (True, "True"),
        ("a b", "a b"),
        (NOON, f"{NOON.astimezone():%Y-%m-%d %H:%M:%S}"),
    ],
)
def test_a_value_is_read_as_people_write_it(value: object, text: str) -> None:
    assert cell(value).plain == text


def test_each_state_has_its_colour() -> None:
    assert all(cell(state).style for state in State)
    assert cell("complete").style == ""


def test_cells_are_no_markup() -> None:
    assert cell("[red]a[/red]").plain == "[red]a[/red]"


def test_pairs_are_short_and_in_order() -> None:
    assert pairs({"rate": 0.00123456, "units": 1024, "kind": "a"}) == "rate=0.00123 units=1024 kind=a"


def test_pairs_quote_what_a_reader_could_not_tell_apart() -> None:
    assert pairs({"plan": "", "blocks": 3}) == "plan='' blocks=3"
    assert pairs({"plan": "6x3/2 16x4/4", "blocks": 3}) == "plan='6x3/2 16x4/4' blocks=3"


def test_a_table_has_no_lines_and_breaks_none() -> None:
    table = make_table(["model", "size"])
    assert (table.box, [column.no_wrap for column in table.columns]) == (None, [True, True])


@pytest.mark.parametrize("stderr", [False, True])
def test_without_a_terminal_tables_are_wide(capsys: pytest.CaptureFixture[str], stderr: bool) -> None:
    console(stderr=stderr).print("x" * 500)
    captured = capsys.readouterr()
    assert (captured.err if stderr else captured.out) == "x" * 500 + "\n"
    assert console().width == WIDE


def test_a_terminal_keeps_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "70")
    assert console().width == 70
