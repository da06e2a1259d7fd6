"""Numbers and times in options are read strictly, and a wrong one is answered with what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from zoo.cli.number_types import Duration

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE, NUMBER = "is not a whole number such as 10", "is not a number such as 0.001 or 1e-3"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--epochs", "1_0", f"'1_0' {WHOLE}"),
        ("--epochs", "1e1", f"'1e1' {WHOLE}"),
        ("--seed", "١", f"'١' {WHOLE}"),
        ("--trials", " 3", f"' 3' {WHOLE}"),
        ("--workers", "2.0", f"'2.0' {WHOLE}"),
        ("--fraction", "nan", f"'nan' {NUMBER}"),
        ("--fraction", "0,5", f"'0,5' {NUMBER}"),
        ("--target", "inf", f"'inf' {NUMBER}"),
        ("--target", "1e400", f"'1e400' {NUMBER}"),
        ("--cpus-per-trial", "0x2", f"'0x2' {NUMBER}"),
        ("--max-time", "1_0s", "'1_0s' is not a duration: write 90s, 10m or 1h30m"),
        ("--max-time", "١s", "'١s' is not a duration: write 90s, 10m or 1h30m"),
        ("--epochs", "0", "0 is not in the range 1<=x<=1000000."),
        ("--epochs", "1000001", "1000001 is not in the range 1<=x<=1000000."),
        ("--fraction", "2", "2.0 is not in the range 0<x<=1."),
    ],
)
def test_text_that_is_no_number_is_refused(zoo: Callable, option: str, value: str, message: str) -> None:
    result = zoo("search", "tiny", "blobs", option, value)
    assert (result.code, result.out) == (2, "")
    shown = result.err.splitlines()[-1].rstrip(".")
    assert shown == f"Error: Invalid value for '{option}': {message}".rstrip(".")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("90", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1m30s", 90)]
)
def test_a_time_is_read_in_seconds(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "ten minutes", "30m1h", "-5m", "1.5h"])
def test_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration: write 90s, 10m or 1h30m"):
        Duration().convert(text, None, None)
