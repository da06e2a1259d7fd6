"""The unfinished entry: only what was written completely is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.data.cache.journal import JOURNAL, ROWS, Chunk, PartialEntry

if TYPE_CHECKING:
    from pathlib import Path

TASK = {"dataset": "pets", "size": 8}
ROW = 4


def chunk(value: int, rows: int = 2, **unreadable: str) -> Chunk:
    return Chunk(rows + len(unreadable), np.full((rows, ROW), value, np.uint8), unreadable)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An entry of two chunks, of two images and of three, of which one is unreadable."""
    with PartialEntry(tmp_path / "entry", TASK, ROW) as entry:
        entry.append(chunk(1))
        entry.append(chunk(2, abc="truncated"))
    return tmp_path / "entry"


def resumed(folder: Path, task: dict[str, object] = TASK) -> tuple[int, int, dict[str, str], bytes]:
    """Return the numbers of images and rows of an opened entry, its unreadable images and the bytes of its rows."""
    with PartialEntry(folder, task, ROW) as entry:
        return entry.images, entry.rows, entry.unreadable, (folder / ROWS).read_bytes()


def test_an_entry_counts_appended_rows(tmp_path: Path) -> None:
    with PartialEntry(tmp_path / "entry", TASK, ROW) as entry:
        entry.append(chunk(1))
        entry.append(chunk(2, abc="truncated"))
        assert (entry.images, entry.rows, entry.unreadable) == (5, 4, {"abc": "truncated"})


def test_appended_rows_are_resumed(folder: Path) -> None:
    assert resumed(folder) == (5, 4, {"abc": "truncated"}, b"\1" * 8 + b"\2" * 8)


def test_appending_continues_after_the_resumed_rows(folder: Path) -> None:
    with PartialEntry(folder, TASK, ROW) as entry:
        entry.append(chunk(3, rows=1))
    assert resumed(folder)[1:] == (5, {"abc": "truncated"}, b"\1" * 8 + b"\2" * 8 + b"\3" * 4)


def test_rows_of_another_task_are_discarded(folder: Path) -> None:
    assert resumed(folder, {"dataset": "pets", "size": 9}) == (0, 0, {}, b"")
    assert resumed(folder) == (0, 0, {}, b"")  # the journal is that of the other task


@pytest.mark.parametrize("cut", [1, 10])
def test_a_line_that_is_not_whole_is_cut_off_with_its_rows(folder: Path, cut: int) -> None:
    journal = folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-cut])
    assert resumed(folder) == (2, 2, {}, b"\1" * 8)
    assert journal.read_bytes().count(b"\n") == 2


def test_rows_without_a_line_are_cut_off(folder: Path) -> None:
    with (folder / ROWS).open("ab") as pixels:
        pixels.write(b"\3" * 5)
    assert resumed(folder)[3] == b"\1" * 8 + b"\2" * 8


@pytest.mark.parametrize(
    "damage", [lambda rows: rows[:-1], lambda rows: rows[:-1] + b"\xff"], ids=["short", "changed"]
)
def test_rows_that_do_not_match_their_checksum_are_cut_off(folder: Path, damage: object) -> None:
    pixels = folder / ROWS
    pixels.write_bytes(damage(pixels.read_bytes()))  # type: ignore[operator]
    assert resumed(folder) == (2, 2, {}, b"\1" * 8)
