"""Numbers as people write them."""

from __future__ import annotations

import pytest

from zoo.data.units import bytes_in_words, counted, parse_duration
from zoo.errors import ZooError


@pytest.mark.parametrize(
    ("size", "words"),
    [(12, "12 B"), (1_000, "1.0 kB"), (382_000, "382 kB"), (14_200_000, "14.2 MB"), (5 * 10**15, "5000 TB")],
)
def test_bytes_are_written_in_powers_of_1000(size: int, words: str) -> None:
    assert bytes_in_words(size) == words


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, "image", "1 image"),
        (1_200, "image", "1,200 images"),
        (2, "class", "2 classes"),
        (3, "copy", "3 copies"),
    ],
)
def test_a_noun_follows_its_number(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("90", 90), ("10m", 600), ("1h30m", 5400)])
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "5x", "30m1h", "-5m", "1.5h"])
def test_other_text_is_not_a_duration(text: str) -> None:
    with pytest.raises(ZooError, match=f"'{text}' is not a duration: write 90s, 10m or 1h30m"):
        parse_duration(text)
