"""Reads NumPy's .npy and .npz files without running code in them: mapped where possible, else unpacked."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

import numpy as np

from zoo.data.sources.unpacking import (
    CHUNK,
    Budget,
    require_file,
    unpacked_entry,
    unpacked_once,
    unreadable_file,
)
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

IN_MEMORY = 256 * 2**20  # bytes; a larger compressed array is unpacked into the cache and mapped from there
LOCAL_HEADER = 30  # bytes of a zip member's own header before its name; APPNOTE.TXT, 4.3.7


@dataclass(frozen=True)
class ArrayFile:
    """An array in a file: `path` is a .npy, or the .npz that holds `member`."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return (
            f"the array {self.member.removesuffix('.npy')} of '{self.path}'"
            if self.member
            else f"'{self.path}'"
        )


class _Layout(NamedTuple):
    """The layout of the values in a .npy; `start` is their offset in it."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    dtype: np.dtype[np.generic]
    start: int


def members_of(path: Path) -> dict[str, ArrayFile]:
    """Return the arrays in a .npz by name.

    Raises:
        DatasetError: it is missing, unreadable or damaged.
    """
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if info.filename.endswith(".npy")]
    except OSError as error:
        raise unreadable_file(path, error) from error
    except Exception as error:  # zipfile raises nearly anything for damaged bytes
        raise _damaged(path) from error
    return {name.removesuffix(".npy"): ArrayFile(path, name) for name in names}


def read_array(file: ArrayFile) -> np.ndarray:
    """Return the array, read-only. An uncompressed one, however large, is mapped and not read.

    Raises:
        DatasetError: it is missing, unreadable or damaged, or holds Python objects.
    """
    require_file(file.path)
    try:
        if not file.member:
            return _mapped(file, 0, file.path.stat().st_size)
        with zipfile.ZipFile(file.path) as archive:
            return _read_member(file, archive, archive.getinfo(file.member))
    except DatasetError:
        raise
    except OSError as error:
        raise unreadable_file(file.path, error) from error
    except RuntimeError as error:  # how zipfile reports that a password is needed
        raise DatasetError(f"{file} is encrypted; save it without a password") from error
    except Exception as error:  # zipfile and numpy raise nearly anything for damaged bytes
        raise _damaged(file) from error


def _read_member(file: ArrayFile, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:  # 1: encrypted
        with file.path.open("rb") as raw:
            raw.seek(info.header_offset + LOCAL_HEADER - 4)
            name_length, extra_length = struct.unpack("<HH", raw.read(4))
        return _mapped(file, info.header_offset + LOCAL_HEADER + name_length + extra_length, info.file_size)
    if info.file_size > IN_MEMORY:
        path = _unpacked(file, archive, info)
        return _mapped(ArrayFile(path), 0, path.stat().st_size)
    content = archive.read(info)
    shape, order, dtype, start = _layout(file, io.BytesIO(content), len(content))
    flat = np.frombuffer(content, dtype, math.prod(shape), start)
    return flat.reshape(shape, order=order)


def _unpacked(file: ArrayFile, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Path:
    """Return the file in the cache with an unpacked array."""

    def unpack(folder: Path) -> None:
        budget = Budget(file.path, folder)
        budget.require_room(info.file_size)
        with archive.open(info) as source, (folder / "array.npy").open("wb") as target:
            while chunk := source.read(CHUNK):
                budget.add_bytes(len(chunk))
                target.write(chunk)

    return unpacked_once(unpacked_entry(file.path, f"-{info.CRC:08x}"), unpack) / "array.npy"


def _mapped(file: ArrayFile, start: int, length: int) -> np.ndarray:
    with file.path.open("rb") as raw:
        raw.seek(start)
        shape, order, dtype, offset = _layout(file, raw, length)
    if not math.prod(shape):
        return np.empty(shape, dtype)  # an empty array cannot be mapped
    return np.asarray(np.memmap(file.path, dtype, "r", start + offset, shape, order))


def _layout(file: ArrayFile, raw: BinaryIO, length: int) -> _Layout:
    """Read the header of a .npy of `length` bytes; `raw` is at its beginning."""
    begin = raw.tell()
    is_first = np.lib.format.read_magic(raw) == (1, 0)
    read_header = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(raw)
    if dtype.hasobject:
        raise DatasetError(
            f"{file} holds Python objects, which could run code: save it as plain numbers or as text, such as "
            "with array.astype('uint8') or .astype(str)"
        )
    start = raw.tell() - begin
    if any(side < 0 for side in shape) or start + math.prod(shape) * dtype.itemsize > length:
        raise _damaged(file)
    return _Layout(shape, "F" if is_fortran else "C", dtype, start)


def _damaged(what: object) -> DatasetError:
    name = what if isinstance(what, ArrayFile) else f"'{what}'"
    return DatasetError(f"{name} is damaged or not a file of NumPy arrays; create or download it again")
