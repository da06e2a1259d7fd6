"""The entries of the cache folder: how they are listed, and which may be removed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.progress import RecordedProgress
from zoo.data.cache.entries import INDEX, build_lock, list_cache, locked, remove_entry
from zoo.data.rows import map_rows

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = {"dataset": "pets", "source": "/pets", "size": 8, "channels": 3, "rows": 2}


def entry_in(cache: Path, name: str, index: object = ABOUT, *, used: int = 1_000_000_000) -> Path:
    """An entry of four bytes of pixels, and its index if there is one; last used at this time."""
    folder = cache / name
    folder.mkdir(parents=True)
    (folder / "pixels.bin").write_bytes(b"1234")
    if index is not None:
        (folder / INDEX).write_text(index if isinstance(index, str) else json.dumps(index))
    for path in (folder, *folder.iterdir()):
        os.utime(path, (used, used))
    return folder


def test_an_entry_is_listed_with_the_fields_of_its_index(cache: Path) -> None:
    path = entry_in(cache, "decoded/a")
    (entry,) = list_cache(cache)
    assert (entry.kind, entry.dataset, entry.source, entry.path) == ("decoded", "pets", "/pets", path)
    assert (entry.image_size, entry.channels, entry.images) == (8, 3, 2)
    assert entry.bytes == 4 + (path / INDEX).stat().st_size
    assert entry.last_used.timestamp() == 1_000_000_000


def test_the_most_recently_used_entry_is_the_first(cache: Path) -> None:
    for name, used in (("decoded/old", 1), ("features/new", 3), ("unpacked/middle", 2)):
        entry_in(cache, name, used=used)
    os.utime(cache / "unpacked", (2, 2))
    assert [entry.kind for entry in list_cache(cache)] == ["features", "unpacked", "decoded"]


@pytest.mark.parametrize("index", [None, "{", "[]"], ids=["missing", "half", "no object"])
def test_an_entry_without_a_whole_index_is_unfinished(cache: Path, index: str | None) -> None:
    entry_in(cache, "decoded/a", index)
    assert [(entry.kind, entry.dataset) for entry in list_cache(cache)] == [("unfinished", None)]


def test_a_partial_entry_is_described_by_its_journal(cache: Path) -> None:
    folder = entry_in(cache, "decoded/a.part", None)
    (folder / "journal.jsonl").write_text(json.dumps({**ABOUT, "rows": None}) + "\n{}\n")
    assert [(entry.kind, entry.dataset, entry.images) for entry in list_cache(cache)] == [
        ("unfinished", "pets", None)
    ]


def test_no_folder_is_an_empty_cache(tmp_path: Path) -> None:
    assert list_cache(tmp_path / "none") == ()


def test_an_entry_that_nobody_uses_is_removed(cache: Path) -> None:
    path = entry_in(cache, "decoded/a")
    (entry,) = list_cache(cache)
    assert (remove_entry(cache, entry), path.exists()) == (True, False)


def test_an_entry_that_a_process_maps_stays(cache: Path) -> None:
    path = entry_in(cache, "decoded/a")
    mapped = map_rows(path / "pixels.bin", (4,))
    (entry,) = list_cache(cache)
    assert (remove_entry(cache, entry), path.exists(), bytes(mapped)) == (False, True, b"1234")


def test_an_entry_that_is_being_built_stays(cache: Path) -> None:
    path = entry_in(cache, "decoded/a.part", None)
    (entry,) = list_cache(cache)
    with build_lock(cache, "a"):
        assert (remove_entry(cache, entry), path.exists()) == (False, True)
    assert (remove_entry(cache, entry), path.exists()) == (True, False)


def test_a_free_lock_is_taken_without_a_notice(cache: Path) -> None:
    lock, progress = build_lock(cache, "a"), RecordedProgress()
    with locked(lock, progress, "waiting"):
        assert lock.is_locked
    assert (lock.is_locked, progress.notices) == (False, [])
