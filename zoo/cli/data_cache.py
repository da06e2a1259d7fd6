"""`zoo data cache`: lists and clears the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.options import json_option
from zoo.cli.output import jsonable, print_json, print_table
from zoo.data.cache.entries import CacheEntry, list_cache, remove_entry
from zoo.data.cache.limit import cache_limit
from zoo.data.cache_folder import cache_folder
from zoo.data.units import bytes_in_words
from zoo.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLUMNS = ("dataset", "kind", "size", "images", "bytes", "last used")


@click.command()
@click.argument("names", metavar="[DATASET]...", nargs=-1)
@click.option("--clear", is_flag=True, help="Remove the listed entries, except those in use.")
@json_option
def command(names: tuple[str, ...], clear: bool, as_json: bool) -> None:
    """List or clear the entries of the cache, of each DATASET or of all.

    Everything in the cache can be computed again. DATASET may also be a kind of entry, such as unpacked.
    """
    folder = cache_folder()
    limit = cache_limit(folder)
    entries = _named(list_cache(folder), names)
    removed = [entry for entry in entries if clear and remove_entry(folder, entry)]
    if as_json:
        print_json(_document(folder, limit, entries, removed))
    elif clear:
        _print_cleared(entries, removed)
    else:
        _print_entries(folder, limit, entries)


def _named(entries: Sequence[CacheEntry], names: Sequence[str]) -> list[CacheEntry]:
    """Return the entries of these datasets or kinds; all without a name."""
    available = {name for entry in entries for name in (entry.dataset, entry.kind) if name is not None}
    for name in names:
        if name not in available:
            raise UnknownNameError("dataset in the cache", name, available)
    return [entry for entry in entries if not names or {entry.dataset, entry.kind} & set(names)]


def _print_entries(folder: Path, limit: int, entries: Sequence[CacheEntry]) -> None:
    rows = [
        (entry.dataset, entry.kind, _size(entry), entry.images, bytes_in_words(entry.bytes), entry.last_used)
        for entry in entries
    ]
    print_table(COLUMNS, rows, empty="the cache is empty", right=("bytes",))
    total = sum(entry.bytes for entry in entries)
    most = f"decoded images and activations take at most {bytes_in_words(limit)}"
    click.echo(f"{bytes_in_words(total)} in {folder}; {most}")


def _print_cleared(entries: Sequence[CacheEntry], removed: Sequence[CacheEntry]) -> None:
    count = "1 entry" if len(removed) == 1 else f"{len(removed)} entries"
    click.echo(f"removed {count}, {bytes_in_words(sum(entry.bytes for entry in removed))}")
    for entry in entries:
        if entry not in removed:
            click.echo(
                f"kept {entry.dataset or entry.kind} {_size(entry) or ''}".rstrip() + ": a process uses it"
            )


def _document(
    folder: Path, limit: int, entries: Sequence[CacheEntry], removed: Sequence[CacheEntry]
) -> dict[str, object]:
    return {
        "folder": str(folder),
        "limit": limit,
        "bytes": sum(entry.bytes for entry in entries if entry not in removed),
        "entries": [_entry(entry) for entry in entries if entry not in removed],
        "removed": [_entry(entry) for entry in removed],
    }


def _entry(entry: CacheEntry) -> dict[str, object]:
    return {**jsonable(entry), "path": str(entry.path)}


def _size(entry: CacheEntry) -> str | None:
    if entry.image_size is None:
        return None
    return f"{entry.image_size}×{entry.image_size} {'gray' if entry.channels == 1 else 'RGB'}"
