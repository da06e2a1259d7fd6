"""Reading decoded rows back: the right ones, in memory of their own, that goes round."""

from __future__ import annotations

import gc
import mmap
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.data import rows as module
from zoo.data.rows import is_mapped, lend_rows, map_rows, read_rows

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (40, 64, 64, 3)  # batches of it are large enough for the pool


@pytest.fixture
def written(tmp_path: Path) -> Path:
    content = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
    content.tofile(tmp_path / "pixels.bin")
    return tmp_path / "pixels.bin"


@pytest.fixture
def mapped(written: Path) -> np.ndarray:
    return map_rows(written, SHAPE)


@pytest.mark.parametrize("rows", [[7, 3, 3, 39, 0], [], [4], list(range(40)), [5, 6, 7, 2, 3]])
def test_the_asked_rows_come_in_the_asked_order(mapped: np.ndarray, rows: list[int]) -> None:
    assert np.array_equal(read_rows(mapped, np.array(rows, dtype=np.int64)), np.array(mapped)[rows])


def test_an_array_that_was_never_mapped_is_read_as_well() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(6, 2, 2, 1)
    assert np.array_equal(read_rows(array, np.array([5, 0])), array[[5, 0]])


@pytest.mark.parametrize("row", [-1, 40])
def test_a_row_out_of_range_is_an_error(mapped: np.ndarray, row: int) -> None:
    with pytest.raises(IndexError):
        read_rows(mapped, np.array([0, row]))


def test_a_file_that_was_cut_is_an_error(mapped: np.ndarray, written: Path) -> None:
    os.truncate(written, 1000)
    with pytest.raises(OSError, match="shorter than it was"):
        read_rows(mapped, np.arange(40))


def test_a_batch_that_is_still_referenced_keeps_its_pixels(written: Path) -> None:
    mapped = map_rows(written, SHAPE)
    batches = [read_rows(mapped, np.arange(start, start + 8)) for start in range(0, 40, 8)]
    assert np.array_equal(np.concatenate(batches), mapped)


def test_a_slice_keeps_its_pixels_when_its_batch_is_gone(written: Path) -> None:
    mapped = map_rows(written, SHAPE)
    part = read_rows(mapped, np.arange(8))[2:4]
    for _ in range(8):
        read_rows(mapped, np.arange(20, 28))
    assert np.array_equal(part, mapped[2:4])


def test_the_memory_of_a_batch_is_used_again(written: Path) -> None:
    """Memory returned to the system would go to the next map, and the next batch elsewhere."""
    mapped, others, addresses = map_rows(written, SHAPE), [], set()
    for _ in range(5):
        batch = read_rows(mapped, np.arange(8))
        addresses.add(batch.ctypes.data)
        size = batch.nbytes
        del batch
        others.append(mmap.mmap(-1, size))
    assert len(addresses) == 1


def test_batches_begin_where_tensorflow_need_not_copy_them(written: Path) -> None:
    mapped = map_rows(written, SHAPE)
    assert read_rows(mapped, np.arange(8)).ctypes.data % 64 == 0


def test_mapped_pixels_cannot_be_written_to(mapped: np.ndarray) -> None:
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 0


def test_lent_pixels_lie_where_the_mapped_ones_do(mapped: np.ndarray) -> None:
    lent = lend_rows(mapped)
    assert lent is not None
    assert (lent.ctypes.data, lent.shape, lent.flags.writeable) == (mapped.ctypes.data, SHAPE, True)


def test_a_lent_array_keeps_the_map(written: Path) -> None:
    expected, lent = np.fromfile(written, np.uint8).reshape(SHAPE), lend_rows(map_rows(written, SHAPE))
    gc.collect()
    assert np.array_equal(lent, expected)


def test_a_large_file_is_not_lent(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LENT_LIMIT", np.prod(SHAPE) - 1)
    assert lend_rows(map_rows(written, SHAPE)) is None


def test_an_array_that_was_never_mapped_is_not_lent() -> None:
    assert lend_rows(np.zeros(SHAPE, np.uint8)) is None


def test_pixels_stay_when_the_name_of_their_file_goes(mapped: np.ndarray, written: Path) -> None:
    expected = np.array(mapped)
    written.unlink()
    assert np.array_equal(read_rows(mapped, np.arange(40)), expected)


def test_a_file_is_mapped_as_long_as_its_pixels_are_there(written: Path) -> None:
    states = [is_mapped(written)]
    mapped = map_rows(written, SHAPE)
    states.append(is_mapped(written))
    del mapped
    gc.collect()
    assert [*states, is_mapped(written)] == [False, True, False]
