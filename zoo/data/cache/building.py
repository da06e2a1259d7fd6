"""Builds one entry of the cache: one process at a time, resuming where a killed one stopped."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from zoo.data.cache.entries import DECODED, INDEX, PART, PIXELS, build_lock, locked
from zoo.data.cache.journal import JOURNAL, Chunk, PartialEntry
from zoo.data.cache.limit import make_room
from zoo.data.cache_folder import writing
from zoo.data.decode import UnreadableImage, decode_array, decode_bytes
from zoo.data.fingerprint import THREADS, digest_bytes, read_image_bytes
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

FORMAT = 3  # goes up whenever the same image would be decoded or stored differently
CHUNK = 16  # images that a thread decodes at a time; handing over single images is slower
CHUNK_BYTES = 4_000_000  # or fewer images, if they are large
LOOK_AHEAD = 4 * THREADS  # chunks at a time that are decoded or wait to be written; bounds the memory
PROGRESS_EVERY = 100
LARGE_ENTRY = 1_000_000_000  # bytes; the size of a larger entry is reported before it is built

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, eq=False)
class Task:
    """A dataset's images to decode to (size, size, channels), and the folder of the cache."""

    cache: Path
    opened: OpenedDataset
    size: int
    channels: int

    @cached_property
    def name(self) -> str:
        """The entry's name; other contents, other decoders or another size have another one."""
        return f"{self.opened.identity[:16]}-{self.size}x{self.size}x{self.channels}"

    @cached_property
    def entry(self) -> Path:
        """The folder of the finished entry."""
        return self.cache / DECODED / self.name

    @property
    def row_bytes(self) -> int:
        """Bytes of one image's pixels."""
        return self.size * self.size * self.channels

    @property
    def about(self) -> dict[str, object]:
        """The task in index and journal. Decoders are listed where they are a plugin's: the format is the version of
        zoo's own."""
        decoders = {"decoders": list(self.opened.decoders)} if self.opened.decoders else {}
        return {
            "format": FORMAT,
            **decoders,
            "dataset": self.opened.name,
            "source": self.opened.source,
            "fingerprint": self.opened.fingerprint,
            "size": self.size,
            "channels": self.channels,
        }


def build_entry(task: Task, read: Callable[[], _Out | None], progress: Progress) -> _Out | None:
    """Decode all images into a folder beside the entry, then rename it to the entry's name.

    Args:
        read: reads the entry, None if it is not whole; another process may have built it meanwhile.

    Returns:
        The result of `read` for the finished entry.

    Raises:
        DatasetError: an image has vanished or changed, the entry is too large, or the cache cannot be written.
    """
    # Reading an image raises DatasetError, so an OSError is the cache's own trouble.
    waiting = "waiting for another process that decodes these images"
    with writing(task.entry.parent), locked(build_lock(task.cache, task.name), progress, waiting):
        entry = read()
        if entry is None:
            _build(task, progress)
            entry = read()
        return entry


def row_order(opened: OpenedDataset) -> list[int]:
    """Return the numbers of the items in the order of their rows, unreadable ones included."""
    return sorted(range(len(opened.digests)), key=opened.digests.__getitem__)


def in_threads(work: Callable[[_In], _Out], inputs: Iterable[_In], *, ahead: int) -> Iterator[_Out]:
    """Apply `work` to the inputs in threads, like `map`, at most `ahead` results ahead of the reader."""
    pool = ThreadPoolExecutor(THREADS)
    pending: deque[Future[_Out]] = deque()
    try:
        for value in inputs:
            pending.append(pool.submit(work, value))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class InTurn(Generic[_In]):
    """Passes on values of several threads, one at a time and in the order of their numbers, which begin at 0.

    The thread that puts the next value passes it on. A thread of its own would be a third one for two cores, and
    interrupted by the system while it holds Python's lock.
    """

    def __init__(self, take: Callable[[_In], None]) -> None:
        self._take, self._lock = take, threading.Lock()
        self._waiting: dict[int, _In] = {}
        self._next = 0

    def put(self, number: int, value: _In) -> None:
        """Pass the value on as soon as all before it are."""
        with self._lock:
            self._waiting[number] = value
            while self._next in self._waiting:
                self._take(self._waiting.pop(self._next))
                self._next += 1


def _build(task: Task, progress: Progress) -> None:
    needed = len(task.opened.digests) * task.row_bytes
    make_room(task.cache, task.name, needed, progress, instead="choose a smaller --image-size")
    if needed >= LARGE_ENTRY:
        progress.notice(
            f"{len(task.opened.digests):,} images decoded to {task.size}×{task.size} take {bytes_in_words(needed)} "
            f"in '{task.cache}'"
        )
    building = task.entry.with_name(task.name + PART)
    try:
        with PartialEntry(building, task.about, task.row_bytes) as partial:
            _decode_into(partial, task, progress)
        _finish(building, task, partial)
    except (OSError, DatasetError):  # a full disk needs room; images that changed have another fingerprint
        shutil.rmtree(building, ignore_errors=True)
        raise


def _finish(building: Path, task: Task, partial: PartialEntry) -> None:
    """Write the index and publish: the folder gets its name when all of it is on the disk."""
    index = {
        **task.about,
        "rows": partial.rows,
        "bytes": partial.rows * task.row_bytes,
        "unreadable": partial.unreadable,
    }
    (building / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
    for name in (PIXELS, INDEX):
        with (building / name).open("rb+") as file:
            os.fsync(file.fileno())
    if task.entry.exists():
        shutil.rmtree(task.entry)  # damaged, otherwise it would have been read
    building.rename(task.entry)
    (task.entry / JOURNAL).unlink()  # only now, since a kill before the renaming must not lose the rows


def _decode_into(partial: PartialEntry, task: Task, progress: Progress) -> None:
    """Decode the images that the entry does not have yet."""
    order = row_order(task.opened)
    size = max(1, min(CHUNK, CHUNK_BYTES // task.row_bytes))
    missing = order[partial.images :]
    chunks = [missing[start : start + size] for start in range(0, len(missing), size)]
    in_turn = InTurn(partial.append)

    def decode(number: int) -> int:
        in_turn.put(number, _decode_chunk(task, chunks[number]))
        return len(chunks[number])

    done = reported = partial.images
    for images in in_threads(decode, range(len(chunks)), ahead=LOOK_AHEAD):
        done += images
        if done - reported >= PROGRESS_EVERY or done == len(order):
            reported = done
            progress.advanced("decoding images", done, len(order))


def _decode_chunk(task: Task, numbers: list[int]) -> Chunk:
    rows = np.empty((len(numbers), task.row_bytes), np.uint8)
    unreadable: dict[str, str] = {}
    readable = 0
    for number in numbers:
        try:
            rows[readable] = _decode_item(task, number).reshape(-1)
            readable += 1
        except UnreadableImage as error:
            unreadable[task.opened.digests[number]] = error.reason
    return Chunk(len(numbers), rows[:readable], unreadable)


def _decode_item(task: Task, number: int) -> np.ndarray:
    item = task.opened.images.items[number]
    if isinstance(item, np.ndarray):
        return decode_array(item, task.size, task.channels)
    content = read_image_bytes(item)
    if digest_bytes(content) != task.opened.digests[number]:
        raise DatasetError(f"the image '{item}' changed while it was being read; start again")
    return decode_bytes(content, str(item), task.size, task.channels, task.opened.formats)
