"""Augmentations: which pixels and labels they change, which they leave, and that a seed makes them repeatable."""

from __future__ import annotations

import collections
import functools
import itertools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.data.augmentation import MOST_DRAWS, augmenter
from zoo.data.augmentation_names import AUGMENTATION_NAMES, MIXING

CHANGING = [name for name in AUGMENTATION_NAMES if name not in ("none", *MIXING)]
EVERY = [*CHANGING, *MIXING, "classic+cutmix"]


def images(count: int = 32, side: int = 8, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


def targets(count: int = 32) -> np.ndarray:
    """Three classes in turn."""
    return np.eye(3, dtype=np.float32)[np.arange(count) % 3]


Augment = Callable[..., tuple[np.ndarray, np.ndarray]]


def compile_augmentation(name: str, seed: int = 1) -> Augment:
    """Compiled as `tf.data.Dataset.map` does it: one trace serves each batch size. Calls are numbered in turn."""
    augment = augmenter(name, seed)
    assert augment is not None
    compiled = tf.function(augment, reduce_retracing=True)
    numbers = itertools.count()

    def call(
        pixels: np.ndarray, labels: np.ndarray, number: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        number = next(numbers) if number is None else number
        changed, mixed = compiled(tf.constant(pixels), tf.constant(labels), tf.constant(number, tf.int64))
        return changed.numpy(), mixed.numpy()

    return call


@functools.cache
def shared(name: str, shape: tuple[int, ...]) -> Augment:
    """Return one augmentation for all tests that do not depend on earlier calls: it is slow to compile."""
    return compile_augmentation(name)


def augmented(name: str, pixels: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return shared(name, (*pixels.shape[1:], labels.shape[1]))(pixels, labels)


def changed(name: str, pixels: np.ndarray) -> np.ndarray:
    return augmented(name, pixels, targets(len(pixels)))[0]


# Names -----------------------------------------------------------------------------------------------------


def test_none_changes_nothing() -> None:
    assert augmenter("none", 1) is None


# All augmentations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_stay_and_all_becomes_float32(name: str, channels: int) -> None:
    pixels, mixed = augmented(name, images(channels=channels), targets())
    assert (pixels.shape, pixels.dtype, mixed.shape, mixed.dtype) == (
        (32, 8, 8, channels),
        np.float32,
        (32, 3),
        np.float32,
    )


@pytest.mark.parametrize("name", EVERY)
def test_images_are_changed(name: str) -> None:
    assert not np.array_equal(changed(name, images()), images())


@pytest.mark.parametrize("name", EVERY)
def test_pixels_stay_between_0_and_255(name: str) -> None:
    extremes = changed(name, np.where(images(256) > 127, 255, 0).astype(np.uint8))
    assert (extremes.min() >= 0, extremes.max() <= 255) == (True, True)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.large) if name in ("randaugment", "classic+cutmix") else name
        for name in EVERY
    ],
)
def test_a_seed_and_the_number_of_the_batch_decide_all_changes(name: str) -> None:
    """Three batches, the last one smaller and odd, as at the end of an epoch; the same backwards; by another seed."""
    sizes = (32, 32, 5)

    def results(seed: int, order: tuple[int, ...]) -> list[np.ndarray]:
        augment = compile_augmentation(name, seed)
        augmented = {n: augment(images(sizes[n]), targets(sizes[n]), n) for n in order}
        return [np.concatenate([part.ravel() for part in augmented[n]]) for n in range(3)]

    first, same, other = results(1, (0, 1, 2)), results(1, (2, 1, 0)), results(2, (0, 1, 2))
    equal = [np.array_equal(a, b) for a, b in zip(first, same, strict=True)]
    assert (equal, np.array_equal(first[0], other[0]), np.array_equal(first[0], first[1])) == (
        [True] * 3,
        False,
        False,
    )


def test_no_layer_draws_into_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's beta distribution also uses the draw that is 12 positions later."""
    draws: collections.Counter[int] = collections.Counter()
    draw = keras.random.SeedGenerator.next

    def counted(generator: Any, *args: Any, **named: Any) -> Any:
        draws[id(generator)] += 1
        return draw(generator, *args, **named)

    monkeypatch.setattr(keras.random.SeedGenerator, "next", counted)
    compile_augmentation("+".join(("classic", "randaugment", *MIXING)))(images(4, channels=3), targets(4))
    assert 0 < max(draws.values()) <= MOST_DRAWS - 12


@pytest.mark.parametrize("name", CHANGING)
def test_images_of_one_batch_are_changed_differently(name: str) -> None:
    assert len(np.unique(changed(name, np.repeat(images(1), 64, axis=0)), axis=0)) > 1


@pytest.mark.parametrize("name", CHANGING)
def test_targets_stay_where_images_are_not_mixed(name: str) -> None:
    assert np.array_equal(augmented(name, images(), targets())[1], targets())


# Each augmentation -----------------------------------------------------------------------------------------------


def test_flip_mirrors_left_to_right_and_does_nothing_else() -> None:
    before = images(64)
    for image, after in zip(before, changed("flip", before), strict=True):
        assert np.array_equal(after, image) or np.array_equal(after, image[:, ::-1])


def halves(count: int) -> np.ndarray:
    """Dark on the left, bright on the right."""
    pixels = np.zeros((count, 16, 16, 1), np.uint8)
    pixels[:, :, 8:] = 255
    return pixels


def mirrored(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :, 12:].mean(axis=(1, 2, 3)) < pixels[:, :, :4].mean(axis=(1, 2, 3))


def test_augmentations_that_are_joined_draw_for_themselves() -> None:
    """Both mirror: by the same draws the second would undo the first."""
    assert 16 < mirrored(changed("flip+classic", halves(64))).sum() < 48


def test_light_never_mirrors() -> None:
    assert not mirrored(changed("light", halves(256))).any()


@pytest.mark.parametrize("name", ["flip", "light"])
def test_an_even_image_stays_as_it_is(name: str) -> None:
    """Pixels from outside the image continue the nearest pixel and are not black."""
    even = np.full((32, 16, 16, 3), 200, np.uint8)
    assert np.abs(changed(name, even) - 200).max() < 0.01


def test_classic_adds_the_same_to_all_channels() -> None:
    even = np.broadcast_to(np.array([60, 120, 180], np.uint8), (32, 16, 16, 3))
    shift = changed("classic", even) - even
    assert (np.ptp(shift, axis=(1, 2, 3)).max() < 0.01, np.ptp(shift) > 10) == (True, True)


def test_cutmix_takes_small_and_large_parts_equally_often() -> None:
    """As in the paper the kept share is even between 0 and 1; each image here has a target of its own."""
    own = np.eye(128, dtype=np.float32)
    own_shares = np.concatenate([np.diag(augmented("cutmix", images(128), own)[1]) for _ in range(8)])
    assert 0.42 < np.mean((own_shares > 0.25) & (own_shares < 0.75)) < 0.58


@pytest.mark.parametrize("channels", [1, 3])
def test_randaugment_draws_for_each_image(channels: int) -> None:
    """Drawn for the whole batch, all images would change in one of few ways."""
    same = np.repeat(images(1, channels=channels), 64, axis=0)
    assert len(np.unique(changed("randaugment", same), axis=0)) > 32


def test_randaugment_equalizes_each_image_by_itself() -> None:
    """An image does not depend on the others: the dark ones are the same, whatever the bright ones are."""
    dark = images(32) // 4
    others = [np.concatenate([dark, np.full_like(dark, value)]) for value in (10, 250)]
    first, other = (compile_augmentation("randaugment")(batch, targets(64))[0][:32] for batch in others)
    assert np.array_equal(first, other)


@pytest.mark.parametrize("sigmoid", [False, True])
@pytest.mark.parametrize("count", [32, 7])
@pytest.mark.parametrize(("name", "tolerance"), [("mixup", 0.001), ("cutmix", 0.08)])
def test_targets_are_mixed_as_pixels_are(name: str, tolerance: float, count: int, sigmoid: bool) -> None:
    """Images of the second class are white, others black: the brightness of an image is the share of the class in it.

    CutMix takes whole pixels where the target counts parts of pixels, so up to a row and a column of 32 more or less.
    """
    second = np.arange(count) % 2
    pixels = (255 * second[:, None, None, None] * np.ones((1, 32, 32, 1))).astype(np.uint8)
    labels = second[:, None] if sigmoid else np.eye(2)[second]
    after, mixed = augmented(name, pixels, labels.astype(np.float32))
    assert after.mean(axis=(1, 2, 3)) / 255 == pytest.approx(mixed[:, -1], abs=tolerance)
    assert np.abs(mixed - labels).max() > 0.05


@pytest.mark.parametrize("name", MIXING)
def test_mixed_targets_still_add_up_to_one(name: str) -> None:
    assert augmented(name, images(), targets())[1].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", MIXING)
def test_an_image_alone_has_none_to_be_mixed_with(name: str) -> None:
    pixels, mixed = augmented(name, images(1), targets(1))
    assert pixels == pytest.approx(images(1), abs=1e-3)
    assert mixed == pytest.approx(targets(1))


def test_cutmix_takes_a_rectangle() -> None:
    """Of 64 images that are all black or all white, those that changed hold one rectangle of the other kind."""
    white = np.arange(64) % 2
    pixels = (255 * white[:, None, None, None] * np.ones((1, 16, 16, 1))).astype(np.uint8)
    replaced = changed("cutmix", pixels)[..., 0] != pixels[..., 0]
    areas = replaced.any(axis=2).sum(axis=1) * replaced.any(axis=1).sum(axis=1)
    assert (areas.max() > 0, replaced.sum(axis=(1, 2)).tolist()) == (True, areas.tolist())


def test_all_but_batches_and_augmentation_import_no_keras() -> None:
    script = (
        "import sys\n"
        "import zoo.data, zoo.data.cache, zoo.data.augmentation_names, zoo.data.sources\n"
        "print([name for name in ('keras', 'tensorflow', 'sklearn') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
