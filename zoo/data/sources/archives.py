"""A zip or tar of a folder becomes labeled images, unpacked once into the cache."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.sources.folders import FOLDER, SPLIT_FOLDERS
from zoo.data.sources.members import Kind, chunks_of, members_of
from zoo.data.sources.unpacking import (
    Budget,
    require_file,
    unpacked_entry,
    unpacked_once,
)
from zoo.errors import DatasetError
from zoo.interfaces import SkippedFile

if TYPE_CHECKING:
    from zoo.data.sources.members import Member
    from zoo.interfaces import LabeledImages, Progress, SourceContext

LINKS = ".links"  # hidden, so no image and no class; lists the links that were left out
LEFT_OUT = "a link in an archive is not followed"


def load_archive(path: Path, context: SourceContext) -> LabeledImages:
    """Unpack an archive into the cache, unless its content is there already, and load the folder.

    A single folder at the top is entered. Nothing is written outside the cache; links are left out and
    listed in `skipped`; the size is bounded (see `Budget`).

    Raises:
        DatasetError: the archive is missing, damaged, encrypted, too large or names a path outside of itself, or
            the folder cannot be loaded.
    """
    require_file(path)
    entry = unpacked_once(unpacked_entry(path), lambda folder: _unpack(path, folder, context.progress))
    images = context.load(_only_folder(entry, context))
    for item in images.items:  # a manifest may name any path, but this one is untrusted
        if isinstance(item, Path) and not os.path.normpath(item).startswith(f"{entry}{os.sep}"):
            raise DatasetError(
                f"the manifest in '{path}' lists '{item}', which is outside the archive: unpack it yourself"
            )
    links = (entry / LINKS).read_text(encoding="utf-8", errors="surrogateescape").split("\0")
    left_out = tuple(SkippedFile(str(entry / name), LEFT_OUT) for name in links if name)
    skipped = sorted((*images.skipped, *left_out), key=lambda file: file.path)
    return replace(images, skipped=tuple(skipped))


def _only_folder(folder: Path, context: SourceContext) -> Path:
    """Return the folder with the classes: the only one inside it, unless that is a class or a split."""
    while context.recognise(folder) == FOLDER:  # not a layout of another source
        shown = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        folders = [entry for entry in shown if entry.is_dir()]
        has_images = any(context.is_image_name(entry.name) for entry in shown)
        if len(folders) != 1 or has_images or folders[0].name.lower() in SPLIT_FOLDERS:
            break
        is_plain = context.recognise(folders[0]) == FOLDER
        if is_plain and not any(entry.is_dir() for entry in folders[0].iterdir()):
            break
        folder = folders[0]
    return folder


def _unpack(path: Path, folder: Path, progress: Progress) -> None:
    """Write every file of the archive below `folder`, without `extractall`, which also makes links and devices."""
    budget = Budget(path, folder)
    links, files, total = [], 0, 1
    for member in members_of(path, budget):
        total = member.total
        progress.advanced("unpacking", member.done, total)
        original = folder.joinpath(*member.original)
        if member.kind is Kind.LINK or (member.kind is Kind.COPY and not original.is_file()):
            links.append(str(member))
            continue
        files += member.kind is not Kind.FOLDER
        if member.kind is Kind.COPY:
            budget.add_file(original.stat().st_size)
            member = replace(member, open=partial(FileIO, original))  # noqa: PLW2901
        _write(member, folder, path, budget)
    if not files:
        raise DatasetError(f"the archive '{path}' contains no files; recreate it")
    (folder / LINKS).write_text("\0".join(links), encoding="utf-8", errors="surrogateescape")
    progress.advanced("unpacking", total, total)


def _write(member: Member, folder: Path, path: Path, budget: Budget) -> None:
    target = folder.joinpath(*member.parts)
    try:
        if member.kind is Kind.FOLDER:
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for chunk in chunks_of(member, path):
                budget.add_bytes(len(chunk))
                file.write(chunk)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise DatasetError(
            f"the archive '{path}' contains '{member}' as a file and as a folder; recreate it"
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL):
            raise
        raise DatasetError(
            f"the archive '{path}' contains '{str(member)[:80]}', a name that the disk does not allow: unpack it "
            "yourself under another one"
        ) from error
