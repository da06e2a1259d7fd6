"""The size limit of the cache, and which entries are removed first."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.progress import RecordedProgress
from zoo.data.cache import building, decode_dataset
from zoo.data.cache.limit import DEFAULT_LIMIT, cache_limit
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset

IMAGES = 48

HOLDING = """
import pathlib, sys
from zoo.data.rows import map_rows
path = pathlib.Path(sys.argv[1])
pixels = map_rows(path, (path.stat().st_size,))
print("mapped", flush=True)
sys.stdin.readline()
"""


def decoded(
    opened: OpenedDataset, cache: Path, size: int, progress: Progress | None = None
) -> DecodedDataset:
    return decode_dataset(opened, size, 3, cache=cache, progress=progress or Progress())


def used_at(cache: Path, size: int, seconds: int) -> None:
    """As if the entry had been used at this time."""
    for path in [*entry_of(cache, size).iterdir(), entry_of(cache, size)]:
        os.utime(path, (seconds, seconds))


def entry_of(cache: Path, size: int) -> Path:
    (entry,) = (cache / "decoded").glob(f"*-{size}x{size}x3*")
    return entry


def bytes_in(cache: Path) -> int:
    return sum(path.stat().st_size for path in (cache / "decoded").rglob("*.*") if path.is_file())


def sizes_in(cache: Path) -> list[int]:
    gc.collect()
    return sorted(int(path.name.split("x")[1]) for path in (cache / "decoded").iterdir())


@pytest.fixture
def two_entries(opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with entries of 7×7 and 8×8, and room for these two; the larger one was used longer ago."""
    decoded(opened_photos, tmp_path, 8)
    decoded(opened_photos, tmp_path, 7)
    used_at(tmp_path, 8, 1000)
    used_at(tmp_path, 7, 2000)
    monkeypatch.setenv("ZOO_CACHE_LIMIT", str(bytes_in(tmp_path) + 100))
    return tmp_path


def test_the_least_recently_used_entry_goes_first(two_entries: Path, opened_photos: OpenedDataset) -> None:
    decoded(opened_photos, two_entries, 6)
    assert sizes_in(two_entries) == [6, 7]


def test_reading_an_entry_is_using_it(two_entries: Path, opened_photos: OpenedDataset) -> None:
    decoded(opened_photos, two_entries, 8)
    decoded(opened_photos, two_entries, 6)
    assert sizes_in(two_entries) == [6, 8]


def test_nothing_goes_where_there_is_room(
    two_entries: Path, opened_photos: OpenedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", str(2 * bytes_in(two_entries)))
    decoded(opened_photos, two_entries, 6)
    assert sizes_in(two_entries) == [6, 7, 8]


def test_an_unfinished_entry_goes_as_well(two_entries: Path, opened_photos: OpenedDataset) -> None:
    entry = entry_of(two_entries, 8)
    entry.rename(entry.with_name(f"{entry.name}.part"))
    decoded(opened_photos, two_entries, 6)
    assert sizes_in(two_entries) == [6, 7]


def test_an_entry_that_a_process_uses_stays(two_entries: Path, opened_photos: OpenedDataset) -> None:
    command = [sys.executable, "-c", HOLDING, str(entry_of(two_entries, 8) / "pixels.bin")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mapped\n"
        decoded(opened_photos, two_entries, 6)
        holder.communicate("done\n")
    assert sizes_in(two_entries) == [6, 8]


def test_entries_in_use_that_leave_no_room_are_reported(
    two_entries: Path, opened_photos: OpenedDataset
) -> None:
    entries = [decoded(opened_photos, two_entries, size) for size in (7, 8)]
    progress = RecordedProgress()
    decoded(opened_photos, two_entries, 6, progress)
    (notice,) = progress.notices
    assert len(entries) == 2
    assert re.fullmatch(
        r"the cache grows to 2\d\.\d kB, over its limit of 1\d\.\d kB: its other entries are in use", notice
    )


def test_an_entry_larger_than_the_limit_is_refused(
    opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "9 kB")
    with pytest.raises(DatasetError) as refused:
        decoded(opened_photos, tmp_path, 8)
    assert str(refused.value) == (
        "the decoded images need 9.2 kB, but the cache's limit is 9.0 kB: "
        "set ZOO_CACHE_LIMIT higher, or choose a smaller --image-size"
    )


def test_a_disk_too_full_for_the_entry_is_reported_before_decoding(
    opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "1000000TB")
    needed = IMAGES * 3 * 10**12
    with pytest.raises(DatasetError) as refused:
        building.make_room(tmp_path, "name", needed, Progress(), instead="")
    free = bytes_in_words(shutil.disk_usage(tmp_path).free)
    assert str(refused.value).startswith(f"the decoded images need 144 TB, but {free.split('.')[0]}")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("20GB", 20 * 10**9),
        ("500MB", 5 * 10**8),
        ("1.5 tb", 15 * 10**11),
        ("12k", 12_000),
        ("7", 7),
        ("7B", 7),
    ],
)
def test_the_limit_is_read_with_or_without_a_unit(
    text: str, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", text)
    assert cache_limit(tmp_path) == limit


@pytest.mark.parametrize("text", ["much", "-1GB", "GB", "1,5GB", "20 gigabytes", "1e9", "nan"])
def test_a_limit_that_is_no_size_is_reported(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", text)
    with pytest.raises(DatasetError) as refused:
        cache_limit(tmp_path)
    assert (
        str(refused.value)
        == f"ZOO_CACHE_LIMIT is '{text}', which is not a size: write 20GB, 500MB or a number of bytes"
    )


@pytest.mark.parametrize("text", [None, "", " "])
def test_the_default_limit_leaves_half_of_the_disk(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZOO_CACHE_LIMIT", raising=False)
    if text is not None:
        monkeypatch.setenv("ZOO_CACHE_LIMIT", text)
    free = shutil.disk_usage(tmp_path).free
    assert cache_limit(tmp_path / "not there yet") == pytest.approx(min(DEFAULT_LIMIT, free / 2), rel=0.1)


def test_the_size_of_a_large_entry_is_reported(
    opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "LARGE_ENTRY", 9_000)
    progress = RecordedProgress()
    decoded(opened_photos, tmp_path, 8, progress)
    assert progress.notices == [f"48 images decoded to 8×8 take 9.2 kB in '{tmp_path}'"]
