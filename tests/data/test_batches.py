"""Batches: shapes, targets, and an order that a seed fixes."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.data.augmentation import augmenter
from zoo.data.batches import Batches
from zoo.data.cache import DecodedDataset

LABELS = np.arange(10) % 2


@pytest.fixture
def ten() -> DecodedDataset:
    """Ten training images, each filled with its row number, and three for validation."""
    pixels = np.arange(13, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    rows = {"train": np.arange(10), "validation": np.arange(10, 13), "test": np.arange(0)}
    return DecodedDataset(pixels, np.arange(13) % 2, ("cat", "dog"), rows, (), ())


def batches(decoded: DecodedDataset, seed: int | None = None, *, sigmoid: bool = False) -> Batches:
    return Batches(decoded, "train", 4, shuffle_seed=seed, augment=None, sigmoid=sigmoid)


def order(served: Batches) -> list[int]:
    return [int(image.max()) for number in range(len(served)) for image in served[number][0]]


def test_batches_cover_the_split_in_order_without_a_seed(ten: DecodedDataset) -> None:
    assert order(batches(ten)) == list(range(10))


def test_the_last_batch_is_smaller(ten: DecodedDataset) -> None:
    served = batches(ten)
    assert [len(served[number][0]) for number in range(len(served))] == [4, 4, 2]


def test_an_empty_split_has_no_batches(ten: DecodedDataset) -> None:
    assert len(Batches(ten, "test", 4, shuffle_seed=None, augment=None)) == 0


def test_another_split_has_its_own_images(ten: DecodedDataset) -> None:
    assert order(Batches(ten, "validation", 4, shuffle_seed=None, augment=None)) == [10, 11, 12]


def test_pixels_stay_uint8(ten: DecodedDataset) -> None:
    assert batches(ten)[0][0].dtype == np.uint8


def test_targets_are_one_hot(ten: DecodedDataset) -> None:
    targets = batches(ten)[0][1]
    assert (targets.tolist(), targets.dtype) == ([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)


def test_targets_for_sigmoid_are_one_column(ten: DecodedDataset) -> None:
    targets = batches(ten, sigmoid=True)[0][1]
    assert (targets.tolist(), targets.dtype) == ([[0], [1], [0], [1]], np.float32)


def test_targets_follow_the_shuffle(ten: DecodedDataset) -> None:
    pixels, targets = batches(ten, seed=1)[0]
    assert targets.argmax(axis=1).tolist() == [int(image.max()) % 2 for image in pixels]


def test_a_seed_shuffles_all_images(ten: DecodedDataset) -> None:
    shuffled = order(batches(ten, seed=1))
    assert (sorted(shuffled), shuffled != list(range(10))) == (list(range(10)), True)


def test_every_epoch_is_shuffled_anew(ten: DecodedDataset) -> None:
    served = batches(ten, seed=1)
    first = order(served)
    served.on_epoch_end()
    assert order(served) != first


def test_the_same_seed_gives_the_same_epochs(ten: DecodedDataset) -> None:
    one, other = batches(ten, seed=1), batches(ten, seed=1)
    one.on_epoch_end()
    other.on_epoch_end()
    assert order(one) == order(other)


def test_another_seed_gives_another_order(ten: DecodedDataset) -> None:
    assert order(batches(ten, seed=1)) != order(batches(ten, seed=2))


def test_augmentation_is_applied(ten: DecodedDataset) -> None:
    served = Batches(ten, "train", 4, shuffle_seed=None, augment=lambda pixels: pixels + np.float32(100))
    assert [int(image.max()) for image in served[0][0]] == [100, 101, 102, 103]


def test_fit_with_augmentation_gives_the_same_weights_for_the_same_seed(ten: DecodedDataset) -> None:
    def trained() -> np.ndarray:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        served = Batches(ten, "train", 4, shuffle_seed=1, augment=augmenter("light", 1))
        model.fit(served, epochs=2, verbose=0, shuffle=False)
        return model.get_weights()[0]

    assert np.array_equal(trained(), trained())
