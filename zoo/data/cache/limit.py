"""Limits the size of the cache of decoded images and cached activations, by removing old entries."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from zoo.data.cache.entries import list_built, remove_entry
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Progress

DEFAULT_LIMIT = 50_000_000_000  # bytes; no more than half of the disk's free space
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?B?)\s*", re.IGNORECASE)


def cache_limit(folder: Path) -> int:
    """Return the most bytes that the cache may take: `ZOO_CACHE_LIMIT`, such as 20GB, 500MB or plain bytes.

    By default 50 GB, but no more than half of the disk's free space together with the cache's own.

    Raises:
        DatasetError: `ZOO_CACHE_LIMIT` is not a size.
    """
    text = os.environ.get("ZOO_CACHE_LIMIT", "")
    if not text.strip():
        used = sum(entry.bytes for entry in list_built(folder))
        return min(DEFAULT_LIMIT, (_free_bytes(folder) + used) // 2)
    match = _SIZE.fullmatch(text)
    if match is None:
        raise DatasetError(
            f"ZOO_CACHE_LIMIT is '{text}', which is not a size: write 20GB, 500MB or a number of bytes"
        )
    unit = match[2].upper()
    return int(float(match[1]) * _UNITS[unit if unit in _UNITS else f"{unit}B"])


def make_room(
    folder: Path, name: str, needed: int, progress: Progress, *, what: str = "decoded images", instead: str
) -> None:
    """Make room for the entry of this name: remove others, the least recently used first, down to the limit.

    Args:
        needed: bytes of the new entry.
        what: the content of the new entry, for messages.
        instead: advice for a smaller entry.

    Raises:
        DatasetError: the entry is larger than the limit or than the disk's free space.
    """
    limit = cache_limit(folder)
    if needed > limit:
        raise DatasetError(
            f"the {what} need {bytes_in_words(needed)}, but the cache's limit is {bytes_in_words(limit)}: "
            f"set ZOO_CACHE_LIMIT higher, or {instead}"
        )
    others = sorted(list_built(folder), key=lambda entry: entry.last_used)
    own = sum(entry.bytes for entry in others if _is_of(entry.path, name))
    used = sum(entry.bytes for entry in others if not _is_of(entry.path, name))
    for entry in others:
        if used + needed <= limit:
            break
        if not _is_of(entry.path, name) and remove_entry(folder, entry):
            used -= entry.bytes
    if used + needed > limit:
        progress.notice(
            f"the cache grows to {bytes_in_words(used + needed)}, over its limit of {bytes_in_words(limit)}: "
            "its other entries are in use"
        )
    free = _free_bytes(folder)
    if needed - own > free:
        missing = f"need {bytes_in_words(needed - own)}, but {bytes_in_words(free)} are free in '{folder}'"
        raise DatasetError(f"the {what} {missing}: make room, or set ZOO_CACHE to a folder on another disk")


def _is_of(path: Path, name: str) -> bool:
    return path.name in (name, f"{name}.part")


def _free_bytes(folder: Path) -> int:
    """Return the free bytes on the disk where the folder is, or will be."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free
