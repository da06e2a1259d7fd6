"""Computes the activations of a classifier's frozen prefix for a dataset's images, to be cached."""

from __future__ import annotations

import functools
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from zoo.data.augmentation import augmenter
from zoo.data.cache.building import FORMAT as DECODING
from zoo.data.cache.features import FeatureEntry
from zoo.data.rows import SplitRows, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from concurrent.futures import Future

    from zoo.data.cache import DecodedDataset
    from zoo.models.frontier import Frontier

    Batch = tuple[np.ndarray, ...]

BATCH = 32  # images of the prefix at once; a smaller batch is filled up, since the last digits depend on the shape
AT_ONCE = 2  # batches that are computed at a time: a single one often does not use all cores

_SECONDS: dict[str, float] = {}  # name of an entry -> seconds an image


class Copies(NamedTuple):
    """Augmented copies of each training image.

    Args:
        augmentation: see `zoo.data.augmentation_names`; it must not mix images.
        each: copies of an image.
        seed: of the random changes.
    """

    augmentation: str = "none"
    each: int = 1
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Features:
    """A dataset as the tensors that cross the frontier: a `zoo.data.batches.Served`."""

    class_names: tuple[str, ...]
    splits: Mapping[str, SplitRows]

    def split(self, name: str) -> SplitRows:
        """Return the rows of train, validation or test."""
        return self.splits[name]


@dataclass(frozen=True, eq=False)
class FeatureMaker:
    """The prefix of a classifier, and its images.

    Args:
        dtype: of the cached activations, float32 or float16.
        copies: of training images.
    """

    frontier: Frontier
    decoded: DecodedDataset
    dtype: str
    copies: Copies

    @functools.cached_property
    def entries(self) -> Mapping[str, FeatureEntry]:
        """Split -> its entry in the cache, built or not; splits without images have none."""
        decoded, size = self.decoded, int(self.decoded.pixels.shape[1])
        channels = int(decoded.pixels.shape[3])
        key = {
            "prefix": self.frontier.digest(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "fingerprint": decoded.fingerprint,
            "decoding": DECODING,
            **({"decoders": list(decoded.decoders)} if decoded.decoders else {}),
            "size": size,
            "channels": channels,
        }
        about = {"dataset": decoded.name, "size": size, "channels": channels}
        return {
            split: FeatureEntry(
                {**key, "split": split, "images": len(rows), "copies": self._copies(split)},
                about,
                self.frontier.shapes,
                len(rows) * self._copies(split).each,
                self.dtype,
            )
            for split, rows in decoded.rows.items()
            if len(rows)
        }

    def serve(self, arrays: Mapping[str, Batch]) -> Features:
        """Return the cached activations of each split as a dataset to train on."""
        splits = {
            split: SplitRows(
                arrays[split],
                np.tile(self.decoded.labels[rows], self._copies(split).each),
                np.arange(len(rows)),
                self._copies(split).each,
            )
            for split, rows in self.decoded.rows.items()
            if len(rows)
        }
        return Features(self.decoded.class_names, splits)

    def batches(self, split: str) -> Generator[Batch, None, None]:
        """Yield the activations of all the split's images in the order of its rows, one copy after the other."""
        waiting: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for pixels, images in self._pixels(split):
                # In this thread, as Keras keeps its state for tracing per thread.
                compute = self._compute.get_concrete_function(pixels)
                waiting.append(pool.submit(_computed, compute, pixels, images))
                if len(waiting) > AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _pixels(self, split: str) -> Iterator[tuple[Any, int]]:
        """Yield a tensor for each batch, filled up, and its number of images."""
        rows, copies = self.decoded.rows[split], self._copies(split)
        augment = _augmenter(copies)
        number = 0
        for _ in range(copies.each):
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                pixels = read_rows(self.decoded.pixels, np.resize(batch, BATCH).astype(np.int64))
                yield augment(tf.constant(pixels), tf.constant(number)), len(batch)
                number += 1

    def seconds_an_image(self) -> float:
        """Return the prefix's seconds an image, measured on one batch after a warm-up, once in a process."""
        name = self.entries["train"].name
        if name not in _SECONDS:
            _SECONDS[name] = self._measure()
        return _SECONDS[name]

    def _measure(self) -> float:
        rows = np.resize(self.decoded.rows["train"], BATCH).astype(np.int64)
        pixels = tf.constant(read_rows(self.decoded.pixels, rows))
        _computed(self._compute, pixels, BATCH)
        began = time.perf_counter()
        _computed(self._compute, pixels, BATCH)
        return (time.perf_counter() - began) / BATCH

    @functools.cached_property
    def _compute(self) -> Any:  # a tf.function, which is untyped
        """A function from pixels to the list of tensors that cross the frontier."""
        prefix = self.frontier.prefix

        def compute(pixels: Any) -> list[Any]:
            tensors = prefix(pixels, training=False)
            return tensors if isinstance(tensors, list) else [tensors]

        return tf.function(compute)

    def _copies(self, split: str) -> Copies:
        return self.copies if split == "train" else Copies()


def _computed(compute: Callable[[Any], list[Any]], pixels: Any, images: int) -> Batch:
    return tuple(tensor.numpy()[:images] for tensor in compute(pixels))


def _augmenter(copies: Copies) -> Callable[[Any, Any], Any]:
    """Return a function from pixels, and the number of their batch, to the pixels of an augmented copy."""
    augment = augmenter(copies.augmentation, copies.seed)
    if augment is None:
        return lambda pixels, _: pixels

    def change(pixels: Any, number: Any) -> Any:
        return augment(pixels, tf.zeros((BATCH, 1)), number)[0]

    return tf.function(change)  # type: ignore[no-any-return]
