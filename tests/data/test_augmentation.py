"""Augmentation policies: what they change, what they never change, and that a seed fixes them."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.data.augmentation import augmenter
from zoo.data.policies import POLICIES, POLICY_NAMES
from zoo.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGING = [name for name in POLICY_NAMES if name != "none"]


def images(count: int = 32, side: int = 8, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


def policy(name: str, seed: int = 1) -> Callable[[np.ndarray], np.ndarray]:
    augment = augmenter(name, seed)
    assert augment is not None
    return augment


def test_none_changes_nothing() -> None:
    assert augmenter("none", 1) is None


def test_an_unknown_policy_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown augmentation 'lihgt': did you mean 'light'"):
        augmenter("lihgt", 1)


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_shape_stays_and_pixels_become_float32(name: str, channels: int) -> None:
    changed = policy(name)(images(channels=channels))
    assert (changed.shape, changed.dtype) == ((32, 8, 8, channels), np.float32)


@pytest.mark.parametrize("name", CHANGING)
def test_images_are_changed(name: str) -> None:
    assert not np.array_equal(policy(name)(images()), images())


@pytest.mark.parametrize("name", CHANGING)
def test_pixels_stay_between_0_and_255(name: str) -> None:
    extremes = np.where(images(256) > 127, 255, 0).astype(np.uint8)
    changed = policy(name)(extremes)
    assert (changed.min() >= 0, changed.max() <= 255) == (True, True)


@pytest.mark.parametrize("name", CHANGING)
def test_the_same_seed_gives_the_same_changes_call_by_call(name: str) -> None:
    one, other = policy(name), policy(name)
    assert all(np.array_equal(one(batch), other(batch)) for batch in (images(), images(), images(5)))


@pytest.mark.parametrize("name", CHANGING)
def test_another_seed_gives_other_changes(name: str) -> None:
    assert not np.array_equal(policy(name, 1)(images()), policy(name, 2)(images()))


@pytest.mark.parametrize("name", CHANGING)
def test_every_call_changes_images_anew(name: str) -> None:
    augment = policy(name)
    assert not np.array_equal(augment(images()), augment(images()))


@pytest.mark.parametrize("name", CHANGING)
def test_images_of_one_batch_are_changed_differently(name: str) -> None:
    changed = policy(name)(np.repeat(images(1), 64, axis=0))
    assert len(np.unique(changed, axis=0)) > 1


def test_flip_mirrors_left_to_right_and_does_nothing_else() -> None:
    before = images(64)
    for image, changed in zip(before, policy("flip")(before), strict=True):
        assert np.array_equal(changed, image) or np.array_equal(changed, image[:, ::-1])


def test_light_never_mirrors() -> None:
    halves = np.zeros((256, 16, 16, 1), np.uint8)
    halves[:, :, 8:] = 255
    changed = policy("light")(halves)
    assert (changed[:, :, 12:].mean(axis=(1, 2, 3)) > changed[:, :, :4].mean(axis=(1, 2, 3))).all()


@pytest.mark.parametrize("name", ["flip", "light"])
def test_an_even_image_stays_as_it_is(name: str) -> None:
    """What comes in from outside continues the nearest pixel, and is not black."""
    even = np.full((32, 16, 16, 3), 200, np.uint8)
    assert np.abs(policy(name)(even) - 200).max() < 0.01


def test_classic_adds_the_same_to_all_channels() -> None:
    even = np.broadcast_to(np.array([60, 120, 180], np.uint8), (32, 16, 16, 3))
    shift = policy("classic")(even) - even
    assert (np.ptp(shift, axis=(1, 2, 3)).max() < 0.01, np.ptp(shift) > 10) == (True, True)


def test_a_small_batch_takes_a_few_milliseconds() -> None:
    """Ten times the 0.5 ms measured, for busy machines; run eagerly it takes longer than that."""
    augment, batch = policy("light"), images()
    augment(batch)
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        augment(batch)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.005


def test_every_policy_has_a_summary() -> None:
    assert POLICY_NAMES == ("none", "flip", "light", "classic")
    assert all(POLICIES.values())


def test_all_but_batches_and_augmentation_import_no_keras() -> None:
    script = (
        "import sys\n"
        "import zoo.data, zoo.data.cache, zoo.data.policies, zoo.data.sources\n"
        "print([name for name in ('keras', 'tensorflow', 'sklearn') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
