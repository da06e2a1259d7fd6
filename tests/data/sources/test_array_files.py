"""NumPy's files: mapped where they can be, unpacked where not, and refused where they are damaged."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.data.sources.array_sets import GRAY, LABELS, is_mapped, loaded, pixels
from zoo.data.sources import array_files
from zoo.data.sources.arrays import load_arrays
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_stored_and_compressed_arrays_are_the_same(tmp_path: Path, save: object, order: str) -> None:
    save(tmp_path / "set.npz", x=np.asarray(GRAY, order=order), y=LABELS)  # type: ignore[operator]
    assert np.array_equal(pixels(load_arrays(tmp_path / "set.npz", Progress())), GRAY)


def test_uncompressed_arrays_are_mapped_and_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", GRAY)
    np.save(tmp_path / "y.npy", LABELS)
    assert is_mapped(loaded(tmp_path, x=GRAY, y=LABELS).items[0])
    assert is_mapped(load_arrays(tmp_path / "x.npy", Progress()).items[0])


def test_a_large_compressed_array_is_unpacked_once_and_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "IN_MEMORY", 100)
    np.savez_compressed(tmp_path / "set.npz", x=GRAY, y=LABELS)
    images = load_arrays(tmp_path / "set.npz", Progress())
    again = load_arrays(tmp_path / "set.npz", Progress())
    assert np.array_equal(pixels(images), pixels(again))
    assert np.array_equal(pixels(images), GRAY)
    assert is_mapped(images.items[0])
    assert len(list((tmp_path / "cache" / "unpacked").glob("*/array.npy"))) == 2  # images and labels


def test_a_truncated_npy_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", LABELS)
    np.save(tmp_path / "x.npy", GRAY)
    content = (tmp_path / "x.npy").read_bytes()
    for keep in (0, 5, 60, len(content) - 1):
        (tmp_path / "x.npy").write_bytes(content[:keep])
        with pytest.raises(
            DatasetError, match=r"x.npy' is damaged or not a file of NumPy arrays; create or download it"
        ):
            load_arrays(tmp_path / "x.npy", Progress())


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_npz_loads_images_or_one_line(tmp_path: Path, save: object) -> None:
    path = tmp_path / "set.npz"
    save(path, x=GRAY, y=LABELS)  # type: ignore[operator]
    content = path.read_bytes()
    refusals = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            load_arrays(path, Progress())
        except DatasetError:
            refusals += 1
    assert refusals > 20


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("count", [7, 10**12])
def test_a_header_that_promises_more_than_there_is_is_refused(
    tmp_path: Path, compression: int, count: int
) -> None:
    """Also where the bytes of the next array follow."""
    header, labels = io.BytesIO(), io.BytesIO()
    shape = (count, *GRAY.shape[1:])
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    np.save(labels, np.arange(7))
    with zipfile.ZipFile(tmp_path / "set.npz", "w", compression) as archive:
        archive.writestr("x.npy", header.getvalue() + GRAY.tobytes())
        archive.writestr("y.npy", labels.getvalue())
    with pytest.raises(DatasetError, match=r"the array x of '.*' is damaged or not a file of NumPy arrays"):
        load_arrays(tmp_path / "set.npz", Progress())


def test_text_is_no_npz(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_text("hello")
    with pytest.raises(
        DatasetError, match=r"set.npz' is damaged or not a file of NumPy arrays; create or download it again"
    ):
        load_arrays(tmp_path / "set.npz", Progress())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no file '.*gone.npz'; check the path"):
        load_arrays(tmp_path / "gone.npz", Progress())
