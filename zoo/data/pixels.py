"""Reads decoded pixels back: through the map of their file, or rows of them by `preadv`.

Pages of a mapped file count as memory of this process as long as they stay mapped, so what is large is read by
`preadv`. Two things would cost more there than the copying itself: memory fresh from the system, which it must map
page by page, and a copy that TensorFlow makes of what does not begin at a multiple of 64 bytes. So what is read lies
in page-aligned buffers that go round.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import math
import mmap
import os
import weakref
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

LENT_LIMIT = 1_000_000_000  # bytes; a larger file is not read through its map, to keep memory small
POOLED_FROM = 64 * 1024  # bytes; smaller batches are allocated as usual
BUFFERS_KEPT = 4

_files: weakref.WeakKeyDictionary[mmap.mmap, BinaryIO] = weakref.WeakKeyDictionary()  # of the maps in use
_free: list[mmap.mmap] = []


def map_pixels(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The file's uint8 pixels in this shape, mapped and read-only.

    They stay valid when the file's name goes (POSIX). As long as they are there, `is_mapped` is true.
    """
    if not math.prod(shape):
        return np.empty(shape, np.uint8)  # nothing can be mapped of an empty file
    file = path.open("rb")
    with contextlib.suppress(OSError):  # a file system without locks, or somebody is about to remove it
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    # "c", copy on write, although nobody writes: `lend_pixels` needs memory that could be written to.
    pixels = np.memmap(file, np.uint8, "c" if math.prod(shape) <= LENT_LIMIT else "r", shape=shape)
    pixels.flags.writeable = False
    assert isinstance(pixels.base, mmap.mmap)  # noqa: S101  so np.memmap says
    _files[pixels.base] = file  # closed, and the lock released, with the map
    return pixels


def is_mapped(path: Path) -> bool:
    """Whether a living process, which may be this one, has mapped this file by `map_pixels`."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # the file is not there, or its file system knows no locks
        return False
    return False


def lend_pixels(pixels: np.ndarray) -> np.ndarray | None:
    """The map as an array whose memory other libraries may share by DLPack, which takes only what could be written to.

    Do not write to it: the pixels would differ from the file's.

    Returns:
        None where `read_rows` should be used: the file is large, or `map_pixels` did not map it.
    """
    mapped = _map_of(pixels)
    if mapped is None or pixels.nbytes > LENT_LIMIT:
        return None
    return np.frombuffer(mapped, np.uint8).reshape(pixels.shape)


def read_rows(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A copy of these rows: uint8 (len(rows), height, width, channels).

    Raises:
        IndexError: there is no such row.
        OSError: the file was cut since it was mapped.
    """
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(pixels):
        raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(pixels)}")
    mapped = _map_of(pixels)
    if mapped is None:
        return np.take(pixels, rows, axis=0)
    out = _empty((len(rows), *pixels.shape[1:]))
    _read_into(out, _files[mapped], rows)
    return out


def _read_into(out: np.ndarray, file: BinaryIO, rows: np.ndarray) -> None:
    """One read for each run of rows that follow each other."""
    if not len(rows):
        return
    flat = out.reshape(len(rows), -1)
    starts = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    for start, stop in itertools.pairwise(starts):
        wanted = flat[start:stop]
        offset = int(rows[start]) * flat.shape[1]
        if os.preadv(file.fileno(), [wanted.data], offset) != wanted.nbytes:
            raise OSError(f"'{file.name}' is shorter than it was: delete it")


def _empty(shape: tuple[int, ...]) -> np.ndarray:
    """An array in a page-aligned buffer that goes back for another batch when nobody has the array any more."""
    size = math.prod(shape)
    if size < POOLED_FROM:
        return np.empty(shape, np.uint8)
    try:
        buffer = _free.pop()
    except IndexError:
        buffer = None
    if buffer is None or len(buffer) < size:
        buffer = mmap.mmap(-1, size)
    # Whatever is sliced or reshaped from `array` refers to it, as its own base is no array. So does a tensor.
    array = np.frombuffer(buffer, np.uint8, size)
    weakref.finalize(array, _give_back, buffer).atexit = False
    return array.reshape(shape)


def _map_of(pixels: np.ndarray) -> mmap.mmap | None:
    """The map that these pixels are, unless it was not `map_pixels` that made it."""
    return pixels.base if isinstance(pixels.base, mmap.mmap) and pixels.base in _files else None


def _give_back(buffer: mmap.mmap) -> None:
    if len(_free) < BUFFERS_KEPT:
        _free.append(buffer)
