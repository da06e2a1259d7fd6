"""Decodes a dataset's images once, into one file that is read again without decoding.

An entry is a folder named after the dataset's fingerprint and the size of its pixels. It holds `pixels.bin`,
a row of raw uint8 pixels per readable image, and `index.json`. The fingerprint depends on contents and not on
the order of items, so rows come in the order of the items' digests; items of one digest are the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.cache.building import FORMAT, Task, build_entry, in_threads, row_order
from zoo.data.cache.entries import INDEX, PIXELS
from zoo.data.cache_folder import cache_folder
from zoo.data.decode import UnreadableImage, decode_file
from zoo.data.rows import SplitRows, map_rows
from zoo.data.splits import Counts, check_splits, count_images
from zoo.errors import DatasetError
from zoo.interfaces import SPLITS, Progress, SkippedFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.formats import Formats
    from zoo.data.opened import OpenedDataset


@dataclass(frozen=True, eq=False)
class DecodedDataset:
    """A dataset's readable images as pixels of one size.

    Args:
        pixels: uint8 array (images, size, size, channels), mapped from the cache and read-only.
        labels: int64 array (images,), indices into `class_names`.
        rows: split -> int64 array of the rows in it.
        skipped: files that are no images, and images that cannot be read.
        notices: a line for each weakness of the dataset without its unreadable images.
        name, fingerprint: of the dataset; without them activations are not cached.
        decoders: as in `OpenedDataset`; the pixels depend on them.
    """

    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    rows: Mapping[str, np.ndarray]
    skipped: tuple[SkippedFile, ...]
    notices: tuple[str, ...]
    name: str = ""
    fingerprint: str = ""
    decoders: tuple[str, ...] = ()

    def split(self, name: str) -> SplitRows:
        """Return the rows of a split, for `zoo.data.batches`."""
        return SplitRows((self.pixels,), self.labels, self.rows[name])

    @property
    def counts(self) -> Counts:
        """Split -> class name -> number of images, with every split and every class as a key."""
        classes = range(len(self.class_names))
        return {
            split: {self.class_names[label]: int((self.labels[rows] == label).sum()) for label in classes}
            for split, rows in self.rows.items()
        }


def decode_dataset(
    opened: OpenedDataset,
    size: int,
    channels: int,
    *,
    cache: Path | None = None,
    strict: bool = False,
    progress: Progress,
) -> DecodedDataset:
    """Decode every image to (size, size, channels), unless the cache has these pixels already.

    Args:
        cache: the folder of all entries; None: `ZOO_CACHE`, else the user's cache folder.
        strict: refuse unreadable images instead of skipping them.

    Raises:
        DatasetError: an image is unreadable and `strict` is set, a class or a split has no readable image,
            a file vanished or changed since the dataset was opened, or the cache cannot be written.
    """
    task = Task(cache or cache_folder(), opened, size, channels)
    unreadable, pixels = _read_entry(task) or _read_built_entry(task, progress)
    skipped = _skipped_images(opened, unreadable)
    if strict and skipped:
        shown = ", ".join(f"'{file.path}' ({file.reason})" for file in skipped[:3])
        more = ", …" if len(skipped) > 3 else ""
        raise DatasetError(
            f"unreadable images, {len(skipped)} in all: {shown}{more}; replace them or leave out --strict"
        )
    items = [number for number in row_order(opened) if opened.digests[number] not in unreadable]
    labels = np.array([opened.images.labels[number] for number in items], dtype=np.int64)
    split = np.array([opened.split[number] for number in items], dtype=object)
    notices = _check_readable(opened, labels, split)
    return DecodedDataset(
        pixels=pixels,
        labels=labels,
        class_names=opened.images.class_names,
        rows={name: np.flatnonzero(split == name) for name in SPLITS},
        skipped=opened.images.skipped + skipped,
        notices=notices,
        name=opened.name,
        fingerprint=opened.fingerprint,
        decoders=opened.decoders,
    )


def decode_images(
    paths: Sequence[Path], size: int, channels: int, formats: Formats, *, strict: bool = False
) -> tuple[np.ndarray, tuple[Path, ...], tuple[SkippedFile, ...]]:
    """Return the pixels of some image files, decoded as for training.

    Returns:
        uint8 array (readable images, size, size, channels), the files that they come from, and the unreadable ones.

    Raises:
        UnreadableImage: none of them can be decoded, or one cannot and `strict` is set; it is a DatasetError
            and names the file.
        DatasetError: the package that a decoder needs is not installed.
    """

    def decode(path: Path) -> np.ndarray | UnreadableImage:
        try:
            return decode_file(path, size, channels, formats)
        except UnreadableImage as error:
            return error

    decoded = list(zip(paths, in_threads(decode, paths, ahead=len(paths)), strict=True))
    errors = [image for _, image in decoded if isinstance(image, UnreadableImage)]
    if errors and (strict or len(errors) == len(decoded)):
        raise errors[0]
    readable = [(path, image) for path, image in decoded if isinstance(image, np.ndarray)]
    return (
        np.stack([image for _, image in readable]),
        tuple(path for path, _ in readable),
        tuple(SkippedFile(error.name, error.reason) for error in errors),
    )


def _skipped_images(opened: OpenedDataset, unreadable: Mapping[str, str]) -> tuple[SkippedFile, ...]:
    return tuple(
        SkippedFile(str(item) if isinstance(item, Path) else f"image {number}", unreadable[digest])
        for number, (item, digest) in enumerate(zip(opened.images.items, opened.digests, strict=True))
        if digest in unreadable
    )


def _check_readable(opened: OpenedDataset, labels: np.ndarray, split: np.ndarray) -> tuple[str, ...]:
    class_names = opened.images.class_names
    for label in sorted(set(opened.images.labels) - set(labels.tolist())):
        raise DatasetError(
            f"no image of class '{class_names[label]}' can be read; replace its images or remove the class"
        )
    return check_splits(count_images(split.tolist(), labels.tolist(), class_names))


def _read_entry(task: Task) -> tuple[Mapping[str, str], np.ndarray] | None:
    """Return digest -> reason of the unreadable images, and the pixels of the others; None without a whole entry."""
    try:
        index = json.loads((task.entry / INDEX).read_text(encoding="utf-8"))
        unreadable = index["unreadable"]
        rows = sum(digest not in unreadable for digest in task.opened.digests)
        whole = (
            index["format"] == FORMAT
            and isinstance(unreadable, dict)
            and index["rows"] == rows
            and index["bytes"] == rows * task.row_bytes == (task.entry / PIXELS).stat().st_size
        )
        if not whole:
            return None
        pixels = map_rows(task.entry / PIXELS, (rows, task.size, task.size, task.channels))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    with contextlib.suppress(OSError):  # a read-only cache
        os.utime(task.entry / INDEX)  # the most recently used entries are removed last
    return unreadable, pixels


def _read_built_entry(task: Task, progress: Progress) -> tuple[Mapping[str, str], np.ndarray]:
    entry = build_entry(task, lambda: _read_entry(task), progress)
    if entry is None:
        raise DatasetError(
            f"the decoded images in '{task.entry}' were removed by another process; start again"
        )
    return entry
