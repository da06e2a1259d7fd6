"""Serves decoded images to Keras, a batch at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of one split: pixels (batch, height, width, channels) and targets.

    Pixels are uint8, or float32 where an augmentation made them so. Targets are float32: one-hot
    (batch, classes), or (batch, 1) for one sigmoid unit. With a seed the images are shuffled anew in each
    epoch, the same way for the same seed. Give `fit` shuffle=False: it would shuffle the batches by a random
    number generator of its own.

    Args:
        shuffle_seed: None keeps the order of rows.
        augment: see `zoo.data.augmentation.augmenter`.
        sigmoid: targets for one unit that tells two classes apart.
    """

    def __init__(
        self,
        decoded: DecodedDataset,
        split: str,
        batch_size: int,
        *,
        shuffle_seed: int | None,
        augment: Callable[[np.ndarray], np.ndarray] | None,
        sigmoid: bool = False,
    ) -> None:
        super().__init__(workers=1)  # reading from memory is quicker than handing over to another process
        self._pixels = decoded.pixels
        self._rows = decoded.rows[split]
        self._targets = _targets(decoded, sigmoid=sigmoid)
        self._batch_size = batch_size
        self._shuffle_seed = shuffle_seed
        self._augment = augment
        self._epoch = 0
        self._order = self._shuffled()

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pixels = self._pixels[rows]
        return (pixels if self._augment is None else self._augment(pixels)), self._targets[rows]

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch; Keras calls it."""
        self._epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> np.ndarray:
        if self._shuffle_seed is None:
            return self._rows
        rng = np.random.default_rng([self._shuffle_seed, self._epoch])
        return rng.permutation(self._rows)


def _targets(decoded: DecodedDataset, *, sigmoid: bool) -> np.ndarray:
    if sigmoid:
        return decoded.labels.astype(np.float32)[:, np.newaxis]
    one_hot: np.ndarray = np.eye(len(decoded.class_names), dtype=np.float32)[decoded.labels]
    return one_hot
