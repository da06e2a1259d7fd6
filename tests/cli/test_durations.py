"""`--max-time`: how long a time may be written, and what is refused."""

from __future__ import annotations

import click
import pytest

from zoo.cli.number_types import Duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("90", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1m30s", 90)]
)
def test_a_time_is_read_in_seconds(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "ten minutes", "30m1h", "-5m", "1.5h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration: write 90s, 10m or 1h30m"):
        Duration().convert(text, None, None)
