"""The search for images that look alike: as complete as comparing each with each, and not taken in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from zoo.data.checks.signatures import Signatures, sign
from zoo.data.checks.similarity import MOST_BITS, groups_of_alike


def signatures(hashes: np.ndarray, thumbnails: np.ndarray) -> Signatures:
    return Signatures(hashes, thumbnails, np.zeros(len(hashes), np.float32))


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def together(groups: np.ndarray) -> np.ndarray:
    return groups[:, np.newaxis] == groups


def test_it_agrees_with_a_comparison_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, 40).astype(np.uint64)[rng.integers(0, 40, 400)]
    for _ in range(3):
        hashes ^= np.uint64(1) << rng.integers(0, 64, 400).astype(np.uint64)
    near = np.bitwise_count(hashes[:, np.newaxis] ^ hashes) <= MOST_BITS
    expected = connected_components(near)[1]
    groups = groups_of_alike(signatures(hashes, np.tile(noise(0, 768), (400, 1))))
    assert np.array_equal(together(groups), together(expected))


@pytest.mark.parametrize(("bits", "alike"), [(0, True), (MOST_BITS, True), (MOST_BITS + 1, False)])
def test_hashes_may_differ_in_a_few_bits_wherever_they_are(bits: int, alike: bool) -> None:
    flipped = [
        sum(1 << int(bit) for bit in np.random.default_rng(seed).permutation(64)[:bits]) for seed in range(50)
    ]
    for mask in flipped:
        hashes = np.array([2**62 + 12345, (2**62 + 12345) ^ mask], np.uint64)
        groups = groups_of_alike(signatures(hashes, np.tile(noise(0, 768), (2, 1))))
        assert (groups[0] == groups[1]) is np.bool_(alike), mask


def test_equal_hashes_of_other_thumbnails_are_not_alike() -> None:
    groups = groups_of_alike(signatures(np.zeros(50, np.uint64), noise(0, 50, 768)))
    assert len(set(groups.tolist())) == 50


def test_the_same_drawing_in_another_colour_is_not_alike() -> None:
    red, blue = np.full((2, 1, 32, 32, 3), 255, np.uint8)
    red[:, 8:20, 8:20] = (200, 0, 0)
    blue[:, 8:20, 8:20] = (0, 0, 200)
    groups = groups_of_alike(sign(np.concatenate([red, blue])))
    assert groups[0] != groups[1]


def test_images_of_a_still_camera_form_one_group() -> None:
    frames = noise(0, 1, 768) // 2 + noise(1, 3000, 768) // 64
    groups = groups_of_alike(signatures(np.full(3000, 7, np.uint64), frames))
    assert set(groups.tolist()) == {groups[0]}


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_are_no_trouble(count: int) -> None:
    groups = groups_of_alike(sign(noise(0, count, 32, 32, 3)))
    assert groups.tolist() == list(range(count))
