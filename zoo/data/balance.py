"""Chooses the training images of an epoch, how often each comes, and its weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Sampling


def take_fraction(rows: np.ndarray, labels: np.ndarray, fraction: float) -> np.ndarray:
    """Return the first `fraction` of each class, one image at least, in the order of `rows`.

    Rows come in the order of the images' digests, which is as good as random: the same images are taken each time,
    and a smaller fraction is a part of a larger one.

    Args:
        rows: of one split.
        labels: of all rows of the dataset.
    """
    by_class = np.argsort(labels[rows], kind="stable")
    counts = np.bincount(labels[rows])
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    taken = np.maximum(1, np.rint(fraction * counts))
    return rows[np.sort(by_class[rank < np.repeat(taken, counts)])]


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the weight of an image of each class: float32 (classes,), inverse to the class's size.

    The mean over the images is 1, so that the learning rate keeps its meaning; scikit-learn's "balanced" is the
    same. A class without images gets 0.
    """
    counts = np.bincount(labels, minlength=classes)
    weights = np.zeros(classes, np.float32)
    np.divide(len(labels), np.count_nonzero(counts) * counts, out=weights, where=counts > 0, casting="unsafe")
    return weights


def draw_epoch(rows: np.ndarray, labels: np.ndarray, epoch: int, size: int, seed: int) -> np.ndarray:
    """Return the rows of an epoch of `size` images, in random order, the same for the same seed.

    An epoch continues where the last one ended: no image repeats before all others have come.

    Args:
        labels: of `rows`. All equal: each image comes equally often. Otherwise each class comes equally often (but
            for one image), and so does each image within its class; the epoch's size stays.
    """
    decks = np.split(rows[np.argsort(labels, kind="stable")], np.cumsum(np.unique_counts(labels).counts)[:-1])
    start, stop = epoch * size, (epoch + 1) * size
    # Image number i of the whole training is of deck i modulo the number of decks.
    dealt = [
        _deal(deck, -((place - start) // len(decks)), -((place - stop) // len(decks)), [seed, 1, place])
        for place, deck in enumerate(decks)
    ]
    return np.random.default_rng([seed, epoch]).permutation(np.concatenate(dealt))


def _deal(deck: np.ndarray, start: int, stop: int, seed: list[int]) -> np.ndarray:
    """Return cards number `start` to `stop` of a deck that is reshuffled after each round.

    A round that is dealt whole is not shuffled, since the caller shuffles the epoch.
    """
    (first, skipped), (last, end) = divmod(start, len(deck)), divmod(stop, len(deck))

    def shuffled(number: int) -> np.ndarray:
        return np.random.default_rng([*seed, number]).permutation(deck)

    if first == last:
        return shuffled(first)[skipped:end]
    head, tail = (
        (shuffled(first)[skipped:] if skipped else deck),
        (shuffled(last)[:end] if end else deck[:0]),
    )
    return np.concatenate([head, np.tile(deck, last - first - 1), tail])


def describe(decoded: DecodedDataset, sampling: Sampling) -> list[str]:
    """Return a line for each way in which an epoch differs from each training image once."""
    training_rows = decoded.rows["train"]
    rows = take_fraction(training_rows, decoded.labels, sampling.fraction)
    counts = np.bincount(decoded.labels[rows], minlength=len(decoded.class_names))
    lines = []
    if sampling.fraction < 1:
        lines.append(
            f"trains on {len(rows):,} of {len(training_rows):,} training images; "
            "all validation and test images are used"
        )
    if sampling.class_weights:
        weights = balanced_weights(decoded.labels[rows], len(counts))
        least, most = int(weights.argmin()), int(weights.argmax())
        lines.append(
            f"class weights from {weights[least]:.3g} ({decoded.class_names[least]}) "
            f"to {weights[most]:.3g} ({decoded.class_names[most]})"
        )
    if sampling.oversample:
        lines.append(
            f"classes of {counts.min():,} to {counts.max():,} training images come equally often in an epoch"
        )
    return lines
