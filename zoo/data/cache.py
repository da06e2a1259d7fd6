"""Decodes a dataset's images once, into one file that is read again without decoding.

An entry is a folder named after the dataset's fingerprint and the size of its pixels. It holds `pixels.bin`,
a row of raw uint8 pixels per readable image, and `index.json`. The fingerprint knows contents and not the
order of items, so rows come in the order of the items' digests; items of one digest are the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import numpy as np
import platformdirs

from zoo.data.decode import UnreadableImage, decode_array, decode_bytes, decode_file
from zoo.data.fingerprint import THREADS, digest_bytes, read_image_bytes
from zoo.data.splits import Counts, check_splits, count_images
from zoo.errors import DatasetError
from zoo.interfaces import SPLITS, Progress, SkippedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from zoo.data.sources import OpenedDataset

FORMAT = 1  # goes up whenever the same image would be decoded or stored differently
LOOK_AHEAD = 16 * THREADS  # images decoded but not yet written; bounds the memory
PROGRESS_EVERY = 100
STALE_AFTER = 24 * 60 * 60.0  # seconds after which a half-written entry belongs to a process that was killed

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, eq=False)
class DecodedDataset:
    """A dataset's readable images as pixels of one size.

    Args:
        pixels: uint8 array (images, size, size, channels), mapped from the cache and read-only.
        labels: int64 array (images,), indices into `class_names`.
        rows: split -> int64 array of the rows in it.
        skipped: files that are no images, and images that cannot be read.
        notices: what is poor about the dataset now that unreadable images are left out, a line each.
    """

    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    rows: Mapping[str, np.ndarray]
    skipped: tuple[SkippedFile, ...]
    notices: tuple[str, ...]

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
    """Decode every image to (size, size, channels), or find that this has been done before.

    Args:
        cache: the folder of all entries; None: `ZOO_CACHE`, else the user's cache folder.
        strict: refuse unreadable images instead of skipping them.

    Raises:
        DatasetError: an image is unreadable and `strict` is set, a class or a split has no readable image,
            a file vanished or changed since the dataset was opened, or the cache cannot be written.
    """
    entry = (cache or cache_folder()) / "decoded" / f"{opened.fingerprint[:16]}-{size}x{size}x{channels}"
    row_bytes = size * size * channels
    unreadable = _read_index(entry, opened, row_bytes)
    if unreadable is None:
        unreadable = _build_entry(entry, opened, size, channels, progress)
    skipped = _skipped_images(opened, unreadable)
    if strict and skipped:
        shown = ", ".join(f"'{file.path}' ({file.reason})" for file in skipped[:3])
        more = ", …" if len(skipped) > 3 else ""
        raise DatasetError(
            f"unreadable images, {len(skipped)} in all: {shown}{more}; replace them or leave out --strict"
        )
    items = [number for number in _row_order(opened) if opened.digests[number] not in unreadable]
    labels = np.array([opened.images.labels[number] for number in items], dtype=np.int64)
    split = np.array([opened.split[number] for number in items], dtype=object)
    notices = _check_readable(opened, labels, split)
    return DecodedDataset(
        pixels=np.memmap(entry / "pixels.bin", np.uint8, "r", shape=(len(items), size, size, channels)),
        labels=labels,
        class_names=opened.images.class_names,
        rows={name: np.flatnonzero(split == name) for name in SPLITS},
        skipped=opened.images.skipped + skipped,
        notices=notices,
    )


def decode_images(
    paths: Sequence[Path], size: int, channels: int, *, strict: bool = False
) -> tuple[np.ndarray, tuple[Path, ...], tuple[SkippedFile, ...]]:
    """The pixels of some image files, decoded as for training.

    Returns:
        uint8 array (readable images, size, size, channels), the files that they come from, and the unreadable ones.

    Raises:
        UnreadableImage: none of them can be decoded, or one cannot and `strict` is set; it is a DatasetError
            and names the file.
    """

    def decode(path: Path) -> np.ndarray | UnreadableImage:
        try:
            return decode_file(path, size, channels)
        except UnreadableImage as error:
            return error

    decoded = list(zip(paths, _in_threads(decode, paths), strict=True))
    errors = [image for _, image in decoded if isinstance(image, UnreadableImage)]
    if errors and (strict or len(errors) == len(decoded)):
        raise errors[0]
    readable = [(path, image) for path, image in decoded if isinstance(image, np.ndarray)]
    return (
        np.stack([image for _, image in readable]),
        tuple(path for path, _ in readable),
        tuple(SkippedFile(error.name, error.reason) for error in errors),
    )


def cache_folder() -> Path:
    """Where everything lies that can be made anew: `ZOO_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("ZOO_CACHE") or platformdirs.user_cache_dir("zoo")).expanduser()


def _row_order(opened: OpenedDataset) -> list[int]:
    return sorted(range(len(opened.digests)), key=opened.digests.__getitem__)


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
            f"not one image of class '{class_names[label]}' can be read; replace its images or take it away"
        )
    return check_splits(count_images(split.tolist(), labels.tolist(), class_names))


# One entry -----------------------------------------------------------------------------------------------


def _read_index(entry: Path, opened: OpenedDataset, row_bytes: int) -> dict[str, str] | None:
    """Digest -> reason of the unreadable images, or None if there is no whole entry here."""
    try:
        index = json.loads((entry / "index.json").read_text(encoding="utf-8"))
        unreadable = index["unreadable"]
        rows = sum(digest not in unreadable for digest in opened.digests)
        whole = (
            index["format"] == FORMAT
            and isinstance(unreadable, dict)
            and index["rows"] == rows
            and index["bytes"] == rows * row_bytes == (entry / "pixels.bin").stat().st_size
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return unreadable if whole else None


def _build_entry(
    entry: Path, opened: OpenedDataset, size: int, channels: int, progress: Progress
) -> dict[str, str]:
    """Decode into a folder beside the entry, then give it the entry's name. Returns digest -> reason."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(entry.parent)
        building = Path(tempfile.mkdtemp(prefix=f"{entry.name}.", suffix=".tmp", dir=entry.parent))
        try:
            with (building / "pixels.bin").open("wb") as file:
                unreadable = _write_rows(file, opened, size, channels, progress)
                _sync(file)
                written = file.tell()
            rows = written // (size * size * channels)
            index = {"format": FORMAT, "rows": rows, "bytes": written, "unreadable": unreadable}
            with (building / "index.json").open("wb") as file:
                file.write(json.dumps(index, indent=1).encode())
                _sync(file)
            return _publish(building, entry, opened, size * size * channels, unreadable)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    except OSError as error:  # reading an image raises DatasetError, so this is the cache's own trouble
        reason = (error.strerror or type(error).__name__).lower()
        raise DatasetError(
            f"cannot write the cache '{entry.parent}': {reason}; "
            "make room, or set ZOO_CACHE to a folder on another disk"
        ) from error


def _publish(
    building: Path, entry: Path, opened: OpenedDataset, row_bytes: int, unreadable: dict[str, str]
) -> dict[str, str]:
    """Give the finished folder its name, unless another process was first: then its entry counts."""
    try:
        building.rename(entry)
    except OSError:
        theirs = _read_index(entry, opened, row_bytes)
        if theirs is not None:
            return theirs
        shutil.rmtree(entry)  # damaged, which is why we built a new one
        building.rename(entry)
    return unreadable


def _remove_stale(folder: Path) -> None:
    for leftover in folder.glob("*.tmp"):
        with contextlib.suppress(FileNotFoundError):  # its process has just finished it
            if time.time() - leftover.stat().st_mtime > STALE_AFTER:
                shutil.rmtree(leftover, ignore_errors=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write_rows(
    file: BinaryIO, opened: OpenedDataset, size: int, channels: int, progress: Progress
) -> dict[str, str]:
    """Append each readable image's pixels. Plain writes and no memory map: where the disk is full, a write
    raises OSError but a map kills the process."""
    order = _row_order(opened)
    unreadable: dict[str, str] = {}
    decoded = _in_threads(lambda number: _decode_item(opened, number, size, channels), order)
    for done, (number, pixels) in enumerate(zip(order, decoded, strict=True), start=1):
        if isinstance(pixels, UnreadableImage):
            unreadable[opened.digests[number]] = pixels.reason
        else:
            file.write(pixels.data)
        if done % PROGRESS_EVERY == 0 or done == len(order):
            progress.decoding(done, len(order))
    return unreadable


def _decode_item(
    opened: OpenedDataset, number: int, size: int, channels: int
) -> np.ndarray | UnreadableImage:
    item = opened.images.items[number]
    try:
        if isinstance(item, np.ndarray):
            return decode_array(item, size, channels)
        content = read_image_bytes(item)
        if digest_bytes(content) != opened.digests[number]:
            raise DatasetError(f"the image '{item}' changed while it was being read; start again")
        return decode_bytes(content, str(item), size, channels)
    except UnreadableImage as error:
        return error


def _in_threads(work: Callable[[_In], _Out], inputs: Iterable[_In]) -> Iterator[_Out]:
    """`map` in threads, in order, at most `LOOK_AHEAD` results ahead of the reader."""
    pool = ThreadPoolExecutor(THREADS)
    pending: deque[Future[_Out]] = deque()
    try:
        for value in inputs:
            pending.append(pool.submit(work, value))
            if len(pending) >= LOOK_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
