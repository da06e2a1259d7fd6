"""Unpacks files once into the cache folder, within bounds, and reuses them from then on."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from zoo.data.cache_folder import cache_folder, writing
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable

UNPACKED = "unpacked"
MOST_FILES = 1_000_000
# Images hardly shrink in an archive, so a file that unpacks to much more than this is no dataset of images.
MOST_RATIO = 100
ALWAYS_ALLOWED = 10**9  # bytes, whatever the ratio: blank images do shrink
CHUNK = 1 << 20


class Budget:
    """A bound on the number of files and bytes that one file may unpack to.

    Args:
        source: the packed file.
        folder: the target.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._most = max(ALWAYS_ALLOWED, MOST_RATIO * source.stat().st_size)
        self._files = self._declared = self._read = 0

    def require_room(self, size: int) -> None:
        """Refuse this many bytes if they exceed the bound or the disk's free space."""
        self._require_bounded(size)
        free = shutil.disk_usage(self._folder).free
        if size > free:
            raise DatasetError(
                f"'{self._source}' needs {bytes_in_words(size)} in the cache '{self._folder.parent}', which has "
                f"{bytes_in_words(free)} free: make room, or set ZOO_CACHE to a folder on another disk"
            )

    def add_file(self, size: int) -> None:
        """Count a file that declares this size, before any of it is written."""
        self._files += 1
        self._declared += size
        if self._files > MOST_FILES:
            raise DatasetError(
                f"'{self._source}' holds more than {MOST_FILES:,} files: if you trust it, unpack it yourself"
            )
        self._require_bounded(self._declared)

    def add_bytes(self, size: int) -> None:
        """Count unpacked bytes, whatever was declared."""
        self._read += size
        self._require_bounded(self._read)

    def _require_bounded(self, size: int) -> None:
        if size > self._most:
            raise DatasetError(
                f"'{self._source}' unpacks to more than {bytes_in_words(self._most)}, {MOST_RATIO} times its size or "
                "more, as no images do: if you trust it, unpack it yourself"
            )


def unpacked_once(entry: Path, unpack: Callable[[Path], None]) -> Path:
    """Return the folder `entry`, which `unpack` fills if it is missing. Only a whole one ever has this name.

    Of several processes one unpacks and the others wait for it; if it is killed, the next one starts over.

    Raises:
        DatasetError: the cache cannot be written.
    """
    with writing(entry.parent):
        if entry.is_dir():
            return entry
        entry.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{entry}.lock"):
            building = Path(f"{entry}.tmp")
            shutil.rmtree(building, ignore_errors=True)  # of a process that was killed: we hold its lock
            if not entry.is_dir():
                try:
                    building.mkdir()
                    unpack(building)
                    building.rename(entry)
                finally:
                    shutil.rmtree(building, ignore_errors=True)
    return entry


def unpacked_entry(source: Path, purpose: str = "") -> Path:
    """Return the folder that this file is unpacked to, named by the file's content."""
    try:
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable_file(source, error) from error
    return cache_folder() / UNPACKED / f"{digest[:16]}{purpose}"


def require_file(path: Path) -> None:
    """Refuse a path that is not a regular file; reading a pipe would block."""
    try:
        if path.is_file():
            return
    except OSError as error:
        raise unreadable_file(path, error) from error
    raise DatasetError(f"there is no file '{path}'; check the path")


def unreadable_file(path: Path, error: OSError) -> DatasetError:
    """Return the error for a file that the system refuses to read."""
    return DatasetError(f"cannot read '{path}': {reason_of(error)}; check its permissions")
