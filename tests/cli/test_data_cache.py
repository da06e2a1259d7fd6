"""`zoo data cache`: the list of entries, their sizes, and their removal."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.formats import FORMATS
from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.data.units import bytes_in_words
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result
    from tests.cli.processes import LeanProcess


@pytest.fixture(autouse=True)
def _limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "20GB")


@pytest.fixture
def filled(cache: Path, photos: Path) -> Path:
    """Photos of two sizes, an unfinished entry and an unpacked archive, with the times of a day in 2001."""
    opened = open_dataset(str(photos), {}, FORMATS)
    for side, channels in ((8, 3), (6, 1)):
        decode_dataset(opened, side, channels, progress=Progress())
    entry = next((cache / "decoded").glob("*-6x6x1"))
    about = json.loads((entry / "index.json").read_text())
    part = cache / "decoded" / "0123-6x6x1.part"
    part.mkdir()
    (part / "journal.jsonl").write_text(json.dumps({**about, "rows": None, "dataset": "pets"}) + "\n")
    (part / "pixels.bin").write_bytes(b"\0" * 2000)
    (cache / "unpacked" / "pets").mkdir(parents=True)
    (cache / "unpacked" / "pets" / "a.jpg").write_bytes(b"\0" * 3000)
    for age, folder in enumerate(("decoded/*-8x8x3", "decoded/*-6x6x1", "decoded/*.part", "unpacked")):
        (root,) = cache.glob(folder)
        for path in (root, *root.rglob("*")):
            os.utime(path, (1_000_000_000 - 60 * age,) * 2)
    return cache


def folder_size(*folders: Path) -> str:
    """Return the size of the files in these folders, as zoo writes it."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return bytes_in_words(sum(path.stat().st_size for path in files))


def size_of(cache: Path, pattern: str) -> str:
    return folder_size(*(cache / "decoded").glob(pattern))


def test_every_entry_is_listed_the_last_used_first(
    zoo: Callable[..., Result], filled: Path, plain: Callable[[str], str]
) -> None:
    assert plain(zoo("data", "cache").out) == (
        "dataset  kind  size  images  bytes  last used\n"
        f"photos  decoded  8×8 RGB  60  {size_of(filled, '*-8x8x3')}  TIME\n"
        f"photos  decoded  6×6 gray  60  {size_of(filled, '*-6x6x1')}  TIME\n"
        f"pets  unfinished  6×6 gray  –  {size_of(filled, '*.part')}  TIME\n"
        "–  unpacked  –  –  3.0 kB  TIME\n"
        f"{folder_size(filled / 'decoded', filled / 'unpacked')} in {filled}; "
        "decoded images and activations take at most 20.0 GB\n"
    )


def test_the_entries_of_a_dataset_are_listed_alone(
    zoo: Callable[..., Result], filled: Path, plain: Callable[[str], str]
) -> None:
    size_of_it = size_of(filled, "*.part")
    assert plain(zoo("data", "cache", "pets").out) == (
        "dataset  kind  size  images  bytes  last used\n"
        f"pets  unfinished  6×6 gray  –  {size_of_it}  TIME\n"
        f"{size_of_it} in {filled}; decoded images and activations take at most 20.0 GB\n"
    )


def test_an_empty_cache_is_reported(zoo: Callable[..., Result], cache: Path) -> None:
    assert zoo("data", "cache").out == (
        f"the cache is empty\n0 B in {cache}; decoded images and activations take at most 20.0 GB\n"
    )


def test_an_unknown_dataset_is_refused(refused: Callable[..., str], filled: Path) -> None:
    assert refused("data", "cache", "photo") == "unknown dataset in the cache 'photo': did you mean 'photos'?"


def test_clearing_removes_everything(zoo: Callable[..., Result], filled: Path) -> None:
    size_of_it = folder_size(filled / "decoded", filled / "unpacked")
    assert zoo("data", "cache", "--clear").out == f"removed 4 entries, {size_of_it}\n"
    assert zoo("data", "cache").out.startswith("the cache is empty\n")


@pytest.mark.parametrize(
    ("name", "left"), [("photos", ["pets", None]), ("unpacked", ["photos", "photos", "pets"])]
)
def test_clearing_by_name_leaves_the_others(
    zoo: Callable[..., Result], filled: Path, name: str, left: list[str | None]
) -> None:
    zoo("data", "cache", name, "--clear")
    document = json.loads(zoo("data", "cache", "--json").out)
    assert [entry["dataset"] for entry in document["entries"]] == left


def test_entries_in_use_are_kept_and_reported(zoo: Callable[..., Result], filled: Path, photos: Path) -> None:
    dataset = decode_dataset(open_dataset(str(photos), {}, FORMATS), 8, 3, progress=Progress())
    lines = zoo("data", "cache", "photos", "--clear").out.splitlines()
    assert (len(dataset.pixels), lines[0].partition(",")[0]) == (60, "removed 1 entry")
    assert lines[1:] == ["kept photos 8×8 RGB: a process uses it"]


def test_json_has_folder_limit_total_and_entries(
    zoo: Callable[..., Result], filled: Path, photos: Path
) -> None:
    document = json.loads(zoo("data", "cache", "--json").out)
    first, *others = document.pop("entries")
    assert document == {
        "folder": str(filled),
        "limit": 20_000_000_000,
        "bytes": first["bytes"] + sum(entry["bytes"] for entry in others),
        "removed": [],
    }
    (path,) = (filled / "decoded").glob("*-8x8x3")
    assert first == {
        "kind": "decoded",
        "dataset": "photos",
        "source": str(photos),
        "image_size": 8,
        "channels": 3,
        "images": 60,
        "bytes": first["bytes"],
        "last_used": "2001-09-09T01:46:40+00:00",
        "path": str(path),
    }


def test_json_lists_the_removed_entries(zoo: Callable[..., Result], filled: Path) -> None:
    document = json.loads(zoo("data", "cache", "pets", "--clear", "--json").out)
    assert ([entry["dataset"] for entry in document["removed"]], document["entries"]) == (["pets"], [])


def test_a_limit_that_is_no_size_is_refused(
    refused: Callable[..., str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "much")
    assert refused("data", "cache") == (
        "ZOO_CACHE_LIMIT is 'much', which is not a size: write 20GB, 500MB or a number of bytes"
    )


@pytest.mark.usefixtures("cache")
def test_listing_the_cache_imports_nothing_large(lean: LeanProcess) -> None:
    result = lean("data", "cache")
    assert (result.code, result.imported) == (0, ())
