"""Reads rows of the cache, one an image, pixels or activations: through the map of the file, or by `preadv`.

Pages of a mapped file count as memory of this process as long as they stay mapped, so a large file is read by
`preadv`. Two things would cost more there than the copying itself: memory fresh from the system, which it must map
page by page, and a copy that TensorFlow makes of memory that does not begin at a multiple of 64 bytes. So rows are
read into page-aligned buffers that are reused.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import math
import mmap
import os
import weakref
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

LENT_LIMIT = 1_000_000_000  # bytes; a larger file is not read through its map, to keep memory small
POOLED_FROM = 64 * 1024  # bytes; smaller batches are allocated as usual
MOST_FREE_BUFFERS = 4

_files: weakref.WeakKeyDictionary[mmap.mmap, BinaryIO] = weakref.WeakKeyDictionary()  # of the maps in use
_free: list[mmap.mmap] = []


class SplitRows(NamedTuple):
    """The rows of the cache for the images of a split.

    Args:
        inputs: an array for each input of the network, a row in each for an image: uint8 pixels, or activations.
        labels: int64, those of all rows.
        rows: int64, the rows of the split's images.
        copies: augmented copies of each image, one after the other: row number r + c * len(rows) is another copy of
            row r. The n-th epoch gets copy n modulo `copies`.
    """

    inputs: tuple[np.ndarray, ...]
    labels: np.ndarray
    rows: np.ndarray
    copies: int = 1


def map_rows(path: Path, shape: tuple[int, ...], dtype: str = "uint8") -> np.ndarray:
    """Return the file's numbers in this shape, mapped and read-only.

    The array stays valid when the file's name is removed (POSIX). As long as the array exists, `is_mapped` is true.
    """
    if not math.prod(shape):
        return np.empty(shape, dtype)  # an empty file cannot be mapped
    file = path.open("rb")
    with contextlib.suppress(
        OSError
    ):  # a file system without locks, or another process is about to remove it
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    # "c", copy on write, although nothing writes: `lend_rows` needs writable memory.
    lent = math.prod(shape) * np.dtype(dtype).itemsize <= LENT_LIMIT
    array = np.memmap(file, dtype, "c" if lent else "r", shape=shape)
    array.flags.writeable = False
    assert isinstance(array.base, mmap.mmap)  # noqa: S101  so np.memmap says
    _files[array.base] = file  # closed, and the lock released, with the map
    return array


def is_mapped(path: Path) -> bool:
    """Whether a living process, which may be this one, has mapped this file by `map_rows`."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # the file is not there, or its file system knows no locks
        return False
    return False


def lend_rows(array: np.ndarray) -> np.ndarray | None:
    """Return the map as an array whose memory other libraries may share by DLPack, which accepts writable memory only.

    Do not write to it: it would differ from the file.

    Returns:
        None where `read_rows` should be used: the file is large, or was not mapped by `map_rows`.
    """
    mapped = _map_of(array)
    if mapped is None or array.nbytes > LENT_LIMIT:
        return None
    return np.frombuffer(mapped, array.dtype).reshape(array.shape)


def read_rows(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return a copy of these rows of the array, along its first axis.

    Raises:
        IndexError: there is no such row.
        OSError: the file was cut since it was mapped.
    """
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(array):
        raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(array)}")
    mapped = _map_of(array)
    if mapped is None:
        return np.take(array, rows, axis=0)
    out = _empty((len(rows), *array.shape[1:]), array.dtype)
    _read_into(out, _files[mapped], rows)
    return out


def _read_into(out: np.ndarray, file: BinaryIO, rows: np.ndarray) -> None:
    """Read each run of consecutive rows at once."""
    if not len(rows):
        return
    flat = out.reshape(len(rows), -1).view(np.uint8)
    starts = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    for start, stop in itertools.pairwise(starts):
        target = flat[start:stop]
        offset = int(rows[start]) * flat.shape[1]
        if os.preadv(file.fileno(), [target.data], offset) != target.nbytes:
            raise OSError(f"'{file.name}' is shorter than it was: delete it")


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array in a page-aligned buffer that is reused once nothing refers to the array."""
    size = math.prod(shape) * dtype.itemsize
    if size < POOLED_FROM:
        return np.empty(shape, dtype)
    try:
        buffer = _free.pop()
    except IndexError:
        buffer = None
    if buffer is None or len(buffer) < size:
        buffer = mmap.mmap(-1, size)
    # Slices and reshapes of `array` refer to it, as its own base is no array. So does a tensor.
    array = np.frombuffer(buffer, np.uint8, size)
    weakref.finalize(array, _reuse, buffer).atexit = False
    return array.view(dtype).reshape(shape)


def _map_of(array: np.ndarray) -> mmap.mmap | None:
    """Return the map behind the array; None if it was not made by `map_rows`."""
    return array.base if isinstance(array.base, mmap.mmap) and array.base in _files else None


def _reuse(buffer: mmap.mmap) -> None:
    if len(_free) < MOST_FREE_BUFFERS:
        _free.append(buffer)
