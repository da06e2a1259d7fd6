"""Which training images come in an epoch, how often, and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Sampling


def take_fraction(rows: np.ndarray, labels: np.ndarray, fraction: float) -> np.ndarray:
    """The first share of each class, one image at least, in the order of `rows`.

    Rows come in the order of the images' digests, which is as good as drawn by lot: the same images are taken each
    time, and a smaller share is a part of a larger one.

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
    """How much an image of each class counts: float32 (classes,), inverse to the class's size.

    The mean over the images is 1, so that the learning rate keeps its meaning; scikit-learn's "balanced" is the
    same. A class without images gets 0.
    """
    counts = np.bincount(labels, minlength=classes)
    weights = np.zeros(classes, np.float32)
    np.divide(len(labels), np.count_nonzero(counts) * counts, out=weights, where=counts > 0, casting="unsafe")
    return weights


def draw_epoch(rows: np.ndarray, labels: np.ndarray, epoch: int, size: int, seed: int) -> np.ndarray:
    """The rows of an epoch of `size` images, in random order, the same for the same seed.

    Epochs go on where the last one ended: no image comes again before all others have come.

    Args:
        labels: of `rows`. All equal: each image comes equally often. Else each class comes equally often (but for
            one image), and so does each image within its class; the epoch's size stays.
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
    """Cards number `start` to `stop` of a deck that is shuffled anew whenever it has gone round.

    A round that is dealt whole comes as it lies, for the caller shuffles the epoch.
    """
    (first, skipped), (last, left) = divmod(start, len(deck)), divmod(stop, len(deck))

    def shuffled(number: int) -> np.ndarray:
        return np.random.default_rng([*seed, number]).permutation(deck)

    if first == last:
        return shuffled(first)[skipped:left]
    begun, ended = (
        (shuffled(first)[skipped:] if skipped else deck),
        (shuffled(last)[:left] if left else deck[:0]),
    )
    return np.concatenate([begun, np.tile(deck, last - first - 1), ended])


def describe(decoded: DecodedDataset, sampling: Sampling) -> list[str]:
    """What differs from each training image once in an epoch, a line each."""
    whole = decoded.rows["train"]
    rows = take_fraction(whole, decoded.labels, sampling.fraction)
    counts = np.bincount(decoded.labels[rows], minlength=len(decoded.class_names))
    lines = []
    if sampling.fraction < 1:
        lines.append(
            f"trains on {len(rows):,} of {len(whole):,} training images; validation and test images stay all"
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
