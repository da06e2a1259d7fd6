"""Finds images that look alike among many, without comparing all pairs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from zoo.data.checks.signatures import Signatures

MOST_BITS = 4
"""Perceptual hashes of copies differ in at most this many of their 64 bits. On photos this finds 95 % and more of
the copies that were scaled by a third, stored as JPEG of quality 30, brightened or cropped by 1 %."""
LEAST_CORRELATION = 0.99
"""Of the thumbnails, in colour. Among scikit-learn's 1,797 digits and zoo's 1,200 shapes no two images pass both."""

_BANDS = (
    MOST_BITS + 1
)  # of this many parts of a hash at least one is the same in both (the pigeonhole principle)
_STARTS = tuple(64 * band // _BANDS for band in range(_BANDS + 1))
_FURTHEST = 500  # neighbours considered in a band, and
_MOST_TRIES = 40  # pairs of thumbnails compared for an image: bound the work where thousands have one hash
_AT_ONCE = 4_096  # pairs compared at a time; bounds the memory
_MERGED_AFTER = 20_000  # pairs


def groups_of_alike(signatures: Signatures) -> np.ndarray:
    """Return the group of each image, int (images,): images that look alike share one, directly or by way of others."""
    groups = np.arange(len(signatures.hashes))
    tries = np.zeros(len(groups), np.int64)
    for band in range(_BANDS):
        groups = _merge_in_band(signatures, groups, tries, band)
    return groups


def _merge_in_band(signatures: Signatures, groups: np.ndarray, tries: np.ndarray, band: int) -> np.ndarray:
    """Compare images whose hashes share this part: sorted by it, they are neighbours."""
    order, part = _sorted_by_band(signatures.hashes, band)
    hashes = signatures.hashes[order]
    matches: list[np.ndarray] = []
    left = np.arange(len(order))
    for step in range(1, _FURTHEST + 1):
        left = left[left + step < len(order)]
        left = left[part[left] == part[left + step]]
        if not len(left):
            break
        near = left[_are_near(hashes[left] ^ hashes[left + step], band)]
        pairs = np.stack([order[near], order[near + step]])
        pairs = pairs[:, (groups[pairs[0]] != groups[pairs[1]]) & (tries[pairs[0]] < _MOST_TRIES)]
        tries[pairs[0]] += 1
        matches.append(pairs[:, _correlated(signatures.thumbnails, pairs)])
        if sum(pair.shape[1] for pair in matches) >= _MERGED_AFTER:
            groups, matches = _merged(groups, matches), []
    return _merged(groups, matches)


def _sorted_by_band(hashes: np.ndarray, band: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of the images by the band's bits and then by the others, and the band's bits in that order."""
    start, end = np.uint64(_STARTS[band]), np.uint64(64 - _STARTS[band + 1])
    turned = (hashes << end) | (hashes >> np.uint64(64) - end) if end else hashes
    order = np.argsort(turned, kind="stable")
    return order, turned[order] >> (start + end)


def _are_near(differences: np.ndarray, band: int) -> np.ndarray:
    """Whether hashes with these differing bits are near; False if an earlier band has compared them."""
    near: np.ndarray = np.bitwise_count(differences) <= MOST_BITS
    for start, end in pairwise(_STARTS[: band + 1]):
        near &= (differences >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1) != 0
    return near


def _correlated(thumbnails: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Whether the thumbnails of each pair are the same but for brightness and contrast: bool (pairs,)."""
    passed = [np.zeros(0, bool)]
    for start in range(0, pairs.shape[1], _AT_ONCE):
        first, second = (_standard(thumbnails[side[start : start + _AT_ONCE]]) for side in pairs)
        passed.append(np.einsum("ij,ij->i", first, second) >= LEAST_CORRELATION)
    return np.concatenate(passed)


def _standard(thumbnails: np.ndarray) -> np.ndarray:
    """Return each with mean 0 and length 1. The channels stay together, so that red and blue differ."""
    centred = thumbnails - thumbnails.mean(axis=1, keepdims=True, dtype=np.float32)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    standard: np.ndarray = centred / np.maximum(length, 1e-6)
    return standard


def _merged(groups: np.ndarray, matches: list[np.ndarray]) -> np.ndarray:
    """Return the groups, with those joined that a pair connects."""
    pairs = np.concatenate([np.zeros((2, 0), np.int64), *matches], axis=1)
    if not pairs.shape[1]:
        return groups
    first, second = groups[pairs]
    size = len(groups)
    joint = coo_array((np.ones(len(first), bool), (first, second)), shape=(size, size))
    _, labels = connected_components(joint, directed=False)
    merged: np.ndarray = labels[groups].astype(np.int64)
    return merged
