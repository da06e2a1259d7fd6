"""The unfinished entry of the cache: rows already decoded, and a journal of those that are whole.

The journal's first line describes the task. Each further line is one chunk of images with the CRC-32 of its
rows, so neither a kill nor a power failure in the middle of a write makes a wrong row look right.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

ROWS, JOURNAL = "pixels.bin", "journal.jsonl"


@dataclass(frozen=True)
class Chunk:
    """The result of decoding some consecutive images.

    Args:
        images: how many there were.
        rows: uint8 array (readable images, bytes a row).
        unreadable: digest -> reason of the others.
    """

    images: int
    rows: np.ndarray
    unreadable: Mapping[str, str]


class PartialEntry:
    """Appends chunks to an unfinished entry; opening it resumes the one of an earlier process.

    Args:
        folder: created if missing.
        task: the description of the task; rows of another one are discarded.
        row_bytes: bytes of one row.
    """

    def __init__(self, folder: Path, task: Mapping[str, object], row_bytes: int) -> None:
        self.images = self.rows = 0
        self.unreadable: dict[str, str] = {}
        self._row_bytes = row_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._pixels = (folder / ROWS).open("a+b")
        self._journal = (folder / JOURNAL).open("a+b")
        header = json.dumps(task, sort_keys=True).encode() + b"\n"
        if self._resume(header) == 0:
            self._journal.truncate(0)
            self._journal.write(header)
            self._journal.flush()
        self._pixels.truncate(self.rows * row_bytes)

    def append(self, chunk: Chunk) -> None:
        """Write the rows, then their line in the journal. Plain writes and no memory map: where the disk is
        full, a write raises OSError but a map kills the process."""
        self._pixels.write(chunk.rows.data)
        self._pixels.flush()
        line = {
            "images": chunk.images,
            "rows": len(chunk.rows),
            "crc": zlib.crc32(chunk.rows.data),
            "unreadable": chunk.unreadable,
        }
        self._journal.write(json.dumps(line).encode() + b"\n")
        self._journal.flush()
        self._count(chunk.images, len(chunk.rows), chunk.unreadable)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pixels.close()
        self._journal.close()

    def _resume(self, header: bytes) -> int:
        """Count the chunks that are whole and cut off the rest. Return the journal's new length."""
        self._pixels.seek(0)
        self._journal.seek(0)
        if self._journal.readline() != header:
            return 0
        length = len(header)
        for line in self._journal:
            chunk = self._read_chunk(line)
            if chunk is None:
                break
            length += len(line)
            self._count(chunk.images, len(chunk.rows), chunk.unreadable)
        self._journal.truncate(length)
        return length

    def _read_chunk(self, line: bytes) -> Chunk | None:
        """Return the chunk of this line of the journal, or None if line or rows are not whole."""
        try:
            entry = json.loads(line)
            content = self._pixels.read(entry["rows"] * self._row_bytes)
            if zlib.crc32(content) != entry["crc"] or not line.endswith(b"\n"):
                return None
            rows = np.frombuffer(content, np.uint8).reshape(entry["rows"], self._row_bytes)
            return Chunk(entry["images"], rows, entry["unreadable"])
        except (ValueError, TypeError, KeyError):
            return None

    def _count(self, images: int, rows: int, unreadable: Mapping[str, str]) -> None:
        self.images += images
        self.rows += rows
        self.unreadable.update(unreadable)
