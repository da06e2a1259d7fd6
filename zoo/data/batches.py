"""Serves decoded images to Keras, a batch at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.data.balance import Sampling, balanced_weights, draw_epoch, take_fraction
from zoo.data.pixels import read_rows

if TYPE_CHECKING:
    from zoo.data.augmentation import Augment
    from zoo.data.cache import DecodedDataset


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of one split: pixels (batch, height, width, channels), targets, and weights if classes weigh.

    Pixels are uint8, or float32 where an augmentation made them so. Targets are float32: one-hot
    (batch, classes), or (batch, 1) for one sigmoid unit. With a seed the images are shuffled anew in each
    epoch, the same way for the same seed. Give `fit` shuffle=False: it would shuffle the batches by a random
    number generator of its own.

    Args:
        shuffle_seed: None keeps the order of rows.
        augment: see `zoo.data.augmentation.augmenter`.
        sigmoid: targets for one unit that tells two classes apart.
        sampling: what an epoch takes; all but its fraction and its class weights need a seed.
    """

    def __init__(
        self,
        decoded: DecodedDataset,
        split: str,
        batch_size: int,
        *,
        shuffle_seed: int | None,
        augment: Augment | None,
        sigmoid: bool = False,
        sampling: Sampling | None = None,
    ) -> None:
        super().__init__(workers=1)  # reading from memory is quicker than handing over to another process
        sampling = sampling or Sampling()
        self._pixels, self._labels, self._sigmoid = decoded.pixels, decoded.labels, sigmoid
        self._rows = decoded.rows[split]
        if sampling.fraction < 1:
            self._rows = take_fraction(self._rows, decoded.labels, sampling.fraction)
        classes = len(decoded.class_names)
        self._target_of = np.array([[0], [1]], np.float32) if sigmoid else np.eye(classes, dtype=np.float32)
        self._weight_of = None
        if sampling.class_weights:
            self._weight_of = balanced_weights(decoded.labels[self._rows], classes)
        self._batch_size = batch_size
        self._steps = sampling.steps_per_epoch or math.ceil(len(self._rows) / batch_size)
        self._size = len(self._rows) if sampling.steps_per_epoch is None else self._steps * batch_size
        self._kinds = decoded.labels[self._rows] * sampling.oversample
        self._shuffle_seed = shuffle_seed
        self._augment = augment
        self._epoch = 0
        self._order = self._drawn()

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pixels, targets = read_rows(self._pixels, rows), self._target_of[self._labels[rows]]
        if self._augment is not None:
            pixels, targets = self._augment(pixels, targets)
        return (pixels, targets) if self._weight_of is None else (pixels, targets, self._weigh(targets))

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch; Keras calls it."""
        self._epoch += 1
        self._order = self._drawn()

    def _drawn(self) -> np.ndarray:
        if self._shuffle_seed is None:
            return self._rows
        return draw_epoch(self._rows, self._kinds, self._epoch, self._size, self._shuffle_seed)

    def _weigh(self, targets: np.ndarray) -> np.ndarray:
        """Where images are mixed, so are their weights."""
        if self._sigmoid:
            targets = np.hstack([1 - targets, targets])
        weights: np.ndarray = targets @ self._weight_of
        return weights
