"""Serves decoded images, or cached activations of theirs, to Keras, a batch at a time.

`fit` gets a tf.data pipeline without a Python generator: a generator costs more than reading the batch.
Python draws the order once in an epoch; TensorFlow gathers the rows out of the memory map, those of several batches
at once, since calling it costs as much as copying a small batch. A small split is gathered once for all its epochs.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from zoo.data.balance import balanced_weights, draw_epoch, take_fraction
from zoo.data.rows import SplitRows, lend_rows, read_rows
from zoo.interfaces import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.augmentation import Augment, Tensor

READ_AT_ONCE = 8  # batches
READ_LIMIT = 32_000_000  # bytes at once, unless a batch is larger
READ_AHEAD = 2  # batches


class Served(Protocol):
    """A dataset whose splits can be served: decoded images, or cached activations."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes that labels count."""

    def split(self, name: str) -> SplitRows:
        """Return the rows of train, validation or test."""


class TrainingBatches(NamedTuple):
    """Input of `fit`, with `steps_per_epoch=steps`: a tf.data.Dataset of one epoch after the other."""

    dataset: Any
    steps: int


def split_batches(served: Served, split: str, batch_size: int, *, sigmoid: bool = False) -> Any:
    """Return a tf.data.Dataset of the split's images, each once, in the order of its rows.

    Batches are pixels, uint8 (batch, height, width, channels), or activations, float32, several of them as a tuple; and
    targets, float32: one-hot (batch, classes), or (batch, 1) for one sigmoid unit. The last batch may be smaller.
    """
    images = served.split(split)
    rows = images.rows.astype(np.int64)
    read = _reader(images, len(served.class_names), sigmoid=sigmoid)
    if len(rows) * _row_bytes(images) <= READ_LIMIT:
        # Starting a pipeline that reads, as each epoch does, takes longer than copying that little once.
        with tf.device("CPU:0"):
            return _ready(tf.data.Dataset.from_tensor_slices(read(rows)).batch(batch_size))
    groups = tf.data.Dataset.from_tensor_slices(rows).batch(_read_at_once(images, batch_size))
    batches = groups.map(read).rebatch(batch_size)
    # Keras warns of running out of data where it does not know the number.
    steps = math.ceil(len(rows) / batch_size)
    return _ready(batches.apply(tf.data.experimental.assert_cardinality(steps)))


def training_batches(
    served: Served,
    batch_size: int,
    *,
    epochs: range,
    seed: int,
    augment: Augment | None = None,
    sigmoid: bool = False,
    sampling: Sampling | None = None,
) -> TrainingBatches:
    """Return batches of these epochs of the training split, reshuffled in each, the same way for the same seed.

    They are as in `split_batches`, but float32 where an augmentation made the pixels so. With class weights, the
    weights of the images, float32 (batch,), come third.

    Args:
        epochs: their numbers, from 0. The n-th is shuffled and augmented in the same way wherever a training begins.
        augment: see `zoo.data.augmentation.augmenter`.
        sigmoid: targets for one unit that separates two classes.
        sampling: the images of an epoch; by default each image once.
    """
    sampling = sampling or Sampling()
    images = served.split("train")
    rows = training_rows(images, sampling)
    labels = images.labels[rows]
    steps = count_steps(served, batch_size, sampling)
    size = len(rows) if sampling.steps_per_epoch is None else steps * batch_size
    at_once = _read_at_once(images, batch_size)

    def draw(epoch: np.ndarray) -> np.ndarray:
        order = draw_epoch(rows, labels * sampling.oversample, int(epoch), size, seed)
        return order.astype(np.int64, copy=False) + len(images.rows) * (int(epoch) % images.copies)

    def rows_of_epoch(epoch: Tensor) -> Any:
        # "Not stateful": the same epoch is drawn in the same way. Otherwise nothing would be read ahead.
        order = tf.numpy_function(draw, [epoch], tf.int64, stateful=False)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(order, (None,))).batch(at_once)

    groups = tf.data.Dataset.from_tensor_slices(np.array(epochs, np.int64)).flat_map(rows_of_epoch)
    # `rebatch` cycles through the sizes, once in each epoch.
    sizes = np.minimum(batch_size, size - batch_size * np.arange(steps))
    dataset = groups.map(_reader(images, len(served.class_names), sigmoid=sigmoid)).rebatch(sizes)
    if augment is not None:
        # One call after the other, as `augment` asks for.
        dataset = dataset.enumerate(epochs.start * steps).map(
            lambda number, batch: augment(batch[0], batch[1], number)
        )
    if sampling.class_weights:
        dataset = dataset.map(_weigher(balanced_weights(labels, len(served.class_names)), sigmoid=sigmoid))
    return TrainingBatches(_ready(dataset), steps)


def count_steps(served: Served, batch_size: int, sampling: Sampling) -> int:
    """Return the number of batches in an epoch of a training."""
    return sampling.steps_per_epoch or math.ceil(
        len(training_rows(served.split("train"), sampling)) / batch_size
    )


def training_rows(images: SplitRows, sampling: Sampling) -> np.ndarray:
    """Return the rows of the training split to train on, in the order of the images' digests."""
    if sampling.fraction == 1:
        return images.rows
    return take_fraction(images.rows, images.labels, sampling.fraction)


def _read_at_once(images: SplitRows, batch_size: int) -> int:
    """Return how many rows to read at once, a multiple of the batch size. `rebatch` cuts them up, without a copy
    where memory is aligned."""
    return batch_size * max(1, min(READ_AT_ONCE, READ_LIMIT // (batch_size * _row_bytes(images))))


def _row_bytes(images: SplitRows) -> int:
    return sum(array.itemsize * math.prod(array.shape[1:]) for array in images.inputs)


def _reader(images: SplitRows, classes: int, *, sigmoid: bool) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Return a function from row numbers (images,) to inputs and targets."""
    target_of = np.array([[0], [1]], np.float32) if sigmoid else np.eye(classes, dtype=np.float32)
    readers = [_row_reader(array) for array in images.inputs]
    labels = tf.constant(images.labels.astype(np.int64))

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        inputs = tuple(row_reader(rows) for row_reader in readers)
        return inputs if len(inputs) > 1 else inputs[0], tf.gather(target_of, tf.gather(labels, rows))

    return read


def _ready(batches: Any) -> Any:
    """The pipeline as Keras gets it."""
    options = tf.data.Options()
    # There is nothing to tune. TensorFlow's tuner sleeps twice as long each time, up to a minute, and sometimes the
    # end of a pipeline waits for it to wake.
    options.autotune.enabled = False
    # On a CPU, reading ahead gains nothing: training has all cores, and handing over to another thread takes time.
    ahead = batches.prefetch(READ_AHEAD) if tf.config.list_physical_devices("GPU") else batches
    return ahead.with_options(options)


def _row_reader(array: np.ndarray) -> Callable[[Tensor], Tensor]:
    """Return a function from row numbers to rows; float16 becomes float32."""
    gather = _gatherer(array)
    return (lambda rows: tf.cast(gather(rows), tf.float32)) if array.dtype == np.float16 else gather


def _gatherer(array: np.ndarray) -> Callable[[Tensor], Tensor]:
    lent = lend_rows(array)
    if lent is None:

        def read(rows: Tensor) -> Tensor:
            values = tf.numpy_function(
                functools.partial(read_rows, array), [rows], array.dtype, stateful=False
            )
            return tf.ensure_shape(values, (None, *array.shape[1:]))

        return read
    with tf.device("CPU:0"):
        tensor = tf.experimental.dlpack.from_dlpack(lent.__dlpack__())  # shares the memory
    return functools.partial(tf.gather, tensor)


def _weigher(weight_of: np.ndarray, *, sigmoid: bool) -> Callable[[Tensor, Tensor], tuple[Tensor, ...]]:
    """Return a function that adds the weight of each image. Where images are mixed, so are their weights."""

    def weigh(inputs: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
        shares = tf.concat([1 - targets, targets], axis=1) if sigmoid else targets
        return inputs, targets, tf.linalg.matvec(shares, weight_of)

    return weigh
