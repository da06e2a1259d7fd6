"""The entries of the cache folder: listing them with size and last use, locking and removing them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from zoo.data.rows import is_mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Progress

DECODED = "decoded"  # the folder of decoded images
FEATURES = "features"  # the folder of cached activations of frozen layers
BUILT = (DECODED, FEATURES)
UNFINISHED = "unfinished"
LOCKS = "locks"
INDEX, PIXELS, PART = "index.json", "pixels.bin", ".part"


@dataclass(frozen=True)
class CacheEntry:
    """One thing in the cache.

    Args:
        kind: `decoded`, `features`, `unfinished` (stopped, or in progress), or the name of another folder.
        dataset: whose images they are; None where that is unknown, as are the next four.
        source: where the dataset came from.
        image_size: pixels a side.
        channels: 1 for gray, 3 for RGB.
        images: how many there are.
        bytes: its size on the disk.
        last_used: when it was last read or written.
        path: the file or folder.
    """

    kind: str
    dataset: str | None
    source: str | None
    image_size: int | None
    channels: int | None
    images: int | None
    bytes: int
    last_used: datetime
    path: Path


def list_cache(folder: Path) -> tuple[CacheEntry, ...]:
    """Return everything in the cache, the most recently used first."""
    entries = list(list_built(folder))
    for path in _children(folder):
        if path.name not in (*BUILT, LOCKS):
            size, newest = _measure(path)
            if size:
                entries.append(CacheEntry(path.name, None, None, None, None, None, size, newest, path))
    return tuple(sorted(entries, key=lambda entry: entry.last_used, reverse=True))


def list_built(folder: Path) -> Iterator[CacheEntry]:
    """Yield the entries of decoded images and of cached activations, whole and unfinished."""
    for path in (path for kind in BUILT for path in _children(folder / kind)):
        size, newest = _measure(path)
        index = _read_json(path / INDEX)
        whole = index is not None and path.suffix != PART
        about = index or _read_json(path / "journal.jsonl") or {}
        yield CacheEntry(
            kind=path.parent.name if whole else UNFINISHED,
            dataset=about.get("dataset"),
            source=about.get("source"),
            image_size=about.get("size"),
            channels=about.get("channels"),
            images=about.get("rows"),
            bytes=size,
            last_used=newest,
            path=path,
        )


def build_lock(folder: Path, name: str) -> FileLock:
    """Return the lock for building the entry of this name. The system frees it when its process dies."""
    locks = folder / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / f"{name}.lock")


@contextmanager
def locked(lock: FileLock, progress: Progress, waiting: str) -> Iterator[None]:
    """Hold the lock; if another process has it, show the notice `waiting` once."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.notice(waiting)
        lock.acquire(poll_interval=0.1)
    try:
        yield
    finally:
        lock.release()


def remove_entry(folder: Path, entry: CacheEntry) -> bool:
    """Remove the entry, unless a living process maps or builds it; return whether it is gone."""
    if entry.kind not in (*BUILT, UNFINISHED):
        return _delete(entry.path)
    if any(is_mapped(path) for path in entry.path.glob("*.bin")):
        return False
    try:
        with build_lock(folder, entry.path.name.removesuffix(PART)).acquire(timeout=0):
            return _delete(entry.path)
    except (Timeout, OSError):
        return False


def _delete(path: Path) -> bool:
    # The index goes first: the rest after a kill is no entry.
    with contextlib.suppress(OSError):
        (path / INDEX).unlink()
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    return not path.exists()


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _measure(path: Path) -> tuple[int, datetime]:
    """Return the bytes on the disk, and when a file in it was last written or used. Links are not followed."""
    size, newest = 0, path.lstat().st_mtime
    for parent, _, names in os.walk(path) if path.is_dir() else [(str(path.parent), [], [path.name])]:
        for name in names:
            with contextlib.suppress(OSError):  # gone in the meantime
                status = (Path(parent) / name).lstat()
                size, newest = size + status.st_size, max(newest, status.st_mtime)
    return size, datetime.fromtimestamp(newest, UTC)


def _read_json(path: Path) -> dict | None:  # type: ignore[type-arg]  # JSON
    """Return the object in the first line of a `.jsonl`, or in another file; None if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text.splitlines()[0] if path.suffix == ".jsonl" else text)
    except (OSError, ValueError, IndexError):
        return None
    return value if isinstance(value, dict) else None
