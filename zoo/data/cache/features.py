"""Caches the activations of frozen layers for a split's images, so that they are computed once.

An entry is a folder named after all that its content depends on. It holds a file of rows for each tensor,
`features-0.bin` and so on, and `index.json` with the SHA-256 of each.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.cache.entries import FEATURES, INDEX, PART, build_lock, locked
from zoo.data.cache.limit import make_room
from zoo.data.cache_folder import cache_folder, writing
from zoo.data.rows import map_rows
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from zoo.interfaces import Progress

FORMAT = 2  # goes up whenever the same activations would be stored differently


@dataclass(frozen=True)
class FeatureEntry:
    """Cached activations of some images, in the cache or not yet.

    Args:
        key: all that they depend on; it decides the entry's name.
        about: their description in the index: dataset, size, channels.
        shapes: of one image's row in each tensor.
        rows: how many there are.
        dtype: float32, or float16, which takes half the space and loses digits.
        cache: the folder of all entries.
    """

    key: Mapping[str, object]
    about: Mapping[str, object]
    shapes: tuple[tuple[int, ...], ...]
    rows: int
    dtype: str = "float32"
    cache: Path = field(default_factory=cache_folder)

    @functools.cached_property
    def name(self) -> str:
        """The digest of the key."""
        text = json.dumps({"format": FORMAT, "dtype": self.dtype, **self.key}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def folder(self) -> Path:
        """The folder of the finished entry."""
        return self.cache / FEATURES / self.name

    @property
    def row_bytes(self) -> int:
        """Bytes of one image's activations."""
        return sum(int(np.prod(shape)) for shape in self.shapes) * np.dtype(self.dtype).itemsize

    def read(self, progress: Progress) -> tuple[np.ndarray, ...] | None:
        """Return an array (rows, …) for each tensor, mapped and read-only; None if there is no whole entry.

        A damaged entry is reported and removed.
        """
        try:
            index = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            digests = [_digest(path, path.stat().st_mtime_ns, path.stat().st_size) for path in self._files]
            whole = digests == index["sha256"]
        except (OSError, ValueError, TypeError, KeyError):
            whole = False
        if not whole:
            if self.folder.exists():
                progress.notice("the cached activations are damaged: they are computed again")
                shutil.rmtree(self.folder, ignore_errors=True)
            return None
        with contextlib.suppress(OSError):  # a read-only cache
            os.utime(self.folder / INDEX)  # the most recently used entries are removed last
        return tuple(
            map_rows(path, (self.rows, *shape), self.dtype)
            for path, shape in zip(self._files, self.shapes, strict=True)
        )

    def build(self, batches: Iterable[tuple[np.ndarray, ...]], progress: Progress) -> tuple[np.ndarray, ...]:
        """Store the batches, a row an image in each array, unless another process has, and read the entry.

        Raises:
            DatasetError: the activations are too large for the cache or for float16, or it cannot be written.
        """
        waiting = "waiting for another process that computes these activations"
        with writing(self.folder.parent), locked(build_lock(self.cache, self.name), progress, waiting):
            arrays = self.read(progress)
            if arrays is None:
                make_room(
                    self.cache,
                    self.name,
                    self.rows * self.row_bytes,
                    progress,
                    what="cached activations",
                    instead="use --cache-dtype float16",
                )
                self._write(batches, progress)
                arrays = self.read(progress)
        if arrays is None:
            raise DatasetError(
                f"the cached activations in '{self.folder}' were removed by another process; start again"
            )
        return arrays

    @property
    def _files(self) -> list[Path]:
        return [self.folder / f"features-{number}.bin" for number in range(len(self.shapes))]

    def _write(self, batches: Iterable[tuple[np.ndarray, ...]], progress: Progress) -> None:
        building = self.folder.with_name(self.name + PART)
        shutil.rmtree(building, ignore_errors=True)  # of a killed process
        building.mkdir(parents=True)
        try:
            digests = self._write_rows(building, batches, progress)
            index = {**self.about, "rows": self.rows, "key": dict(self.key), "sha256": digests}
            (building / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
            for path in building.iterdir():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())
            building.rename(self.folder)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise

    def _write_rows(
        self, building: Path, batches: Iterable[tuple[np.ndarray, ...]], progress: Progress
    ) -> list[str]:
        """Write the rows into one file a tensor; return their digests."""
        digests = [hashlib.sha256() for _ in self.shapes]
        done = 0
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context((building / path.name).open("wb")) for path in self._files]
            for batch in batches:
                for array, file, digest in zip(batch, files, digests, strict=True):
                    content = self._converted(array).data
                    file.write(content)
                    digest.update(content)
                done += len(batch[0])
                progress.advanced("computing activations", done, self.rows)
        return [digest.hexdigest() for digest in digests]

    def _converted(self, array: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            converted = np.ascontiguousarray(array, self.dtype)
        if self.dtype == "float16" and (lost := np.isinf(converted) & np.isfinite(array)).any():
            raise DatasetError(
                f"an activation of {np.abs(array[lost]).max():,.0f} is too large for float16, whose maximum is 65,504: "
                "use --cache-dtype float32"
            )
        return converted


@functools.lru_cache(maxsize=256)
def _digest(path: Path, _modified: int, _size: int) -> str:
    """Return the file's SHA-256, computed once for an unchanged file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
