"""Computes the activations of a classifier's frozen prefix for a dataset's images, to be cached."""

from __future__ import annotations

import functools
import json
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
from zoo.models.call_outputs import nearly_equal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from zoo.data.cache import DecodedDataset
    from zoo.models.frontier import Frontier

    Batch = tuple[np.ndarray, ...]

BATCH = 32  # images of the prefix at once; a smaller batch is filled up, since the last digits depend on the shape
KNOWN = BATCH // 2  # images of a first batch that are in a second one, too
AT_ONCE = 2  # batches that are computed at a time: a single one often does not use all cores

EXACT = ("bool", "int8", "uint8", "int16", "uint16", "float16", "bfloat16", "float32")  # in float32


class Probe(NamedTuple):
    """Findings from computing one batch with a prefix.

    Args:
        seconds: the time for one image.
        shapes: of one image's row in each tensor.
        obstacle: the reason why its activations cannot be cached, if there is one.
    """

    seconds: float
    shapes: tuple[tuple[int, ...], ...]
    obstacle: str | None


_PROBES: dict[str, Probe] = {}  # key of a prefix and its images, as JSON -> findings


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
        decoded = self.decoded
        about = {"dataset": decoded.name, "size": self._key["size"], "channels": self._key["channels"]}
        return {
            split: FeatureEntry(
                {**self._key, "split": split, "images": len(rows), "copies": self._copies(split)},
                about,
                self._shapes,
                len(rows) * self._copies(split).each,
                self.dtype,
            )
            for split, rows in decoded.rows.items()
            if len(rows)
        }

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of an image's row in each tensor."""
        sizes = tuple(tuple(size for size in shape if size is not None) for shape in self.frontier.shapes)
        return sizes if sizes == self.frontier.shapes else self.probe.shapes

    @functools.cached_property
    def _key(self) -> Mapping[str, object]:
        """All that the activations of any split depend on."""
        decoded = self.decoded
        return {
            "prefix": self.frontier.digest(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "fingerprint": decoded.fingerprint,
            "decoding": DECODING,
            **({"decoders": list(decoded.decoders)} if decoded.decoders else {}),
            "size": int(decoded.pixels.shape[1]),
            "channels": int(decoded.pixels.shape[3]),
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
                compute = self._computing(pixels.dtype)
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

    @property
    def probe(self) -> Probe:
        """The findings from one batch of training images, computed once in a process."""
        key = json.dumps(self._key, sort_keys=True)
        if key not in _PROBES:
            _PROBES[key] = self._probe()
        return _PROBES[key]

    def _probe(self) -> Probe:
        rows = np.resize(self.decoded.rows["train"], BATCH).astype(np.int64)
        pixels = read_rows(self.decoded.pixels, rows)
        before = self._rows_of(pixels)
        began = time.perf_counter()
        # The same images in other places, beside other images.
        after = self._rows_of(np.roll(np.resize(pixels[:KNOWN], pixels.shape), 1, axis=0))
        seconds = (time.perf_counter() - began) / BATCH
        return Probe(seconds, tuple(array.shape[1:] for array in after), self._obstacle(before, after))

    def _rows_of(self, pixels: np.ndarray) -> list[np.ndarray]:
        return [tensor.numpy() for tensor in self._computing(pixels.dtype)(tf.constant(pixels))]

    def _obstacle(self, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> str | None:
        """Return the reason why the tensors of both batches have no row that is an image's own."""
        if odd := [tensor.dtype for tensor in self.frontier.prefix.outputs if tensor.dtype not in EXACT]:
            return f"their activations are of type {odd[0]}, which float32 does not represent exactly"
        if self.frontier.masked:
            return "a mask belongs to their activations"
        if any(array.ndim == 0 or len(array) != BATCH for array in after):
            return "their activations are not one row for each image"
        # At another place in the batch a kernel may round differently.
        pairs = zip(before, after, strict=True)
        if all(nearly_equal(left[:KNOWN], right[1 : KNOWN + 1]) for left, right in pairs):
            return None
        return "their activations are random, or depend on the other images of the batch"

    def _computing(self, dtype: Any) -> Any:  # a concrete tf.function, which is untyped
        """Return the function from pixels of this type to the list of tensors that cross the frontier.

        The size of its batches is unknown to it as to a training: TensorFlow fuses operations by what it knows.
        """
        shape = (None, *self.decoded.pixels.shape[1:])
        return self._compute.get_concrete_function(tf.TensorSpec(shape, dtype))

    @functools.cached_property
    def _compute(self) -> Any:  # a tf.function, which is untyped
        return tf.function(self.frontier.compute)

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
