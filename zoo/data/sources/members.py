"""Reads a zip or tar, member by member, as plain content: nothing is created, no link is followed."""

from __future__ import annotations

import contextlib
import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from zoo.data.sources.unpacking import CHUNK, Budget, unreadable_file
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ZIP = ".zip"
MEGABYTE = 10**6
BLOCK = 512  # bytes, of a tar


class Kind(Enum):
    """The kind of a member."""

    FILE = "file"
    FOLDER = "folder"
    COPY = "copy"  # of a file before it; tar calls it a hard link
    LINK = "link"  # or a device, a pipe


@dataclass(frozen=True)
class Member:
    """One thing in an archive.

    Args:
        parts: its path in the archive, folder by folder; checked to stay inside.
        open: opens the content of a file.
        original: of a copy, the parts of its original.
        done: how much of the archive was read before, out of `total`; always less than that.
    """

    kind: Kind
    parts: tuple[str, ...]
    done: int
    total: int
    open: Callable[[], IO[bytes] | None] = lambda: None
    original: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(self.parts)


def members_of(path: Path, budget: Budget) -> Iterator[Member]:
    """Yield every member that is not hidden, in the order of the archive.

    Raises:
        DatasetError: the archive is unreadable, damaged, encrypted, larger than the budget, or names a path
            outside of itself.
    """
    with damage_reported(path):
        yield from _zip_members(path, budget) if path.suffix.lower() == ZIP else _tar_members(path, budget)


def chunks_of(member: Member, path: Path) -> Iterator[bytes]:
    """Yield the content of a file in chunks."""
    with damage_reported(path):
        file = member.open()
        if file is not None:
            with file:
                while chunk := file.read(CHUNK):
                    yield chunk


@contextlib.contextmanager
def damage_reported(path: Path) -> Iterator[None]:
    """Turn every error in reading an archive into a DatasetError of one line."""
    try:
        yield
    except DatasetError:
        raise
    except NotImplementedError as error:
        raise DatasetError(
            f"the archive '{path}' uses an unknown compression; recreate it as .zip or .tar.gz"
        ) from error
    except (
        Exception
    ) as error:  # zipfile, tarfile and the decompressors raise nearly anything for damaged bytes
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable_file(path, error) from error
        raise DatasetError(
            f"the archive '{path}' is damaged or not an archive; create or download it again"
        ) from error


def _zip_members(path: Path, budget: Budget) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if any(info.flag_bits & 1 for info in infos):
            raise DatasetError(f"the archive '{path}' is encrypted; unpack it yourself and give the folder")
        budget.require_room(sum(info.file_size for info in infos))
        for number, info in enumerate(infos):
            budget.add_file(info.file_size)
            kind = Kind.FOLDER if info.is_dir() else Kind.FILE
            if stat.S_ISLNK(info.external_attr >> 16):  # where Unix keeps the mode; the content is the target
                kind = Kind.LINK
            parts = _parts(info.filename.replace("\\", "/"), path)  # some write folders as Windows does
            if parts:
                yield Member(kind, parts, number, len(infos), partial(archive.open, info))


def _tar_members(path: Path, budget: Budget) -> Iterator[Member]:
    total = max(1, path.stat().st_size // MEGABYTE)
    with path.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:*") as archive:
        while (info := archive.next()) is not None:
            budget.add_file(info.size)
            parts = _parts(info.name, path)
            if not parts:
                continue
            done = min(raw.tell() // MEGABYTE, total - 1)
            if info.islnk():
                yield Member(Kind.COPY, parts, done, total, original=_parts(info.linkname, path))
            elif info.isreg():
                yield Member(Kind.FILE, parts, done, total, partial(archive.extractfile, info))
            else:
                yield Member(Kind.FOLDER if info.isdir() else Kind.LINK, parts, done, total)
        _require_end(archive, budget)


def _require_end(archive: tarfile.TarFile, budget: Budget) -> None:
    """Check the end of the archive: tarfile takes a damaged header for the end, and ignores the checksum after it."""
    file = archive.fileobj
    assert file is not None  # noqa: S101  it is open
    file.seek(archive.offset)
    block = file.read(BLOCK)
    if block.strip(b"\0") or len(block) % BLOCK:
        raise tarfile.ReadError("the end is damaged")
    while chunk := file.read(CHUNK):
        budget.add_bytes(len(chunk))


def _parts(name: str, path: Path) -> tuple[str, ...]:
    """Return the parts of a path; nothing for a hidden one.

    Raises:
        DatasetError: the path leads out of the archive.
    """
    place = PurePosixPath(name.replace(os.sep, "/"))
    if place.is_absolute() or ".." in place.parts or os.path.splitdrive(name)[0]:
        raise DatasetError(
            f"the archive '{path}' contains '{name}', a path outside of its folder: if you trust it, "
            "unpack it yourself"
        )
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in place.parts)
    return () if hidden else place.parts
