"""Batches: shapes, targets, and an order that a seed fixes."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from zoo.data.augmentation import augmenter
from zoo.data.balance import Sampling
from zoo.data.batches import Batches
from zoo.data.cache import DecodedDataset


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
    def augment(pixels: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return pixels + np.float32(100), targets / 2

    pixels, targets = Batches(ten, "train", 4, shuffle_seed=None, augment=augment)[0]
    assert [int(image.max()) for image in pixels] == [100, 101, 102, 103]
    assert targets.tolist() == [[0.5, 0], [0, 0.5], [0.5, 0], [0, 0.5]]


def test_fit_with_augmentation_gives_the_same_weights_for_the_same_seed(ten: DecodedDataset) -> None:
    def trained() -> np.ndarray:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        served = Batches(ten, "train", 4, shuffle_seed=1, augment=augmenter("light", 1))
        model.fit(served, epochs=2, verbose=0, shuffle=False)
        return model.get_weights()[0]

    assert np.array_equal(trained(), trained())


# What an epoch takes ---------------------------------------------------------------------------------------


def sampled(
    decoded: DecodedDataset, *, sigmoid: bool = False, mixed: bool = False, **given: object
) -> Batches:
    """`mixed` gives every image three quarters of its label and a quarter of the other one."""

    def mix(pixels: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return pixels, 0.75 * targets + 0.25 * (1 - targets)

    augment = mix if mixed else None
    sampling = Sampling(**given)
    return Batches(decoded, "train", 4, shuffle_seed=1, augment=augment, sigmoid=sigmoid, sampling=sampling)


@pytest.fixture
def unbalanced(ten: DecodedDataset) -> DecodedDataset:
    """Eight cats and two dogs, which weigh 0.625 and 2.5."""
    return replace(ten, labels=np.array([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0]))


def test_there_are_no_weights_unless_classes_weigh(unbalanced: DecodedDataset) -> None:
    assert len(sampled(unbalanced)[0]) == 2


@pytest.mark.parametrize("sigmoid", [False, True])
def test_an_image_weighs_as_its_class_does(unbalanced: DecodedDataset, sigmoid: bool) -> None:
    _, targets, weights = sampled(unbalanced, sigmoid=sigmoid, class_weights="balanced")[0]
    expected = [2.5 if target[-1] else 0.625 for target in targets]
    assert (weights.tolist(), weights.dtype, weights.shape) == (expected, np.float32, (4,))


@pytest.mark.parametrize("sigmoid", [False, True])
def test_a_mixed_image_weighs_as_its_mix_does(unbalanced: DecodedDataset, sigmoid: bool) -> None:
    _, targets, weights = sampled(unbalanced, sigmoid=sigmoid, mixed=True, class_weights="balanced")[0]
    dog, cat = 0.75 * 2.5 + 0.25 * 0.625, 0.25 * 2.5 + 0.75 * 0.625
    assert weights == pytest.approx([dog if target[-1] > 0.5 else cat for target in targets])


def test_weights_are_those_of_the_fraction_that_is_trained_on(unbalanced: DecodedDataset) -> None:
    """A quarter is two cats and one dog."""
    _, _, weights = sampled(unbalanced, class_weights="balanced", fraction=0.25)[0]
    assert sorted(weights) == [0.75, 0.75, 1.5]


def test_a_fraction_is_all_that_is_served(unbalanced: DecodedDataset) -> None:
    assert sorted(order(sampled(unbalanced, fraction=0.5))) == [0, 1, 2, 3, 4]


def test_an_epoch_has_as_many_batches_as_asked(ten: DecodedDataset) -> None:
    assert len(sampled(ten, steps_per_epoch=7)) == 7


def test_batches_are_full_where_their_number_is_given(ten: DecodedDataset) -> None:
    served = sampled(ten, steps_per_epoch=7)
    assert [len(served[number][0]) for number in range(7)] == [4] * 7


def test_a_short_epoch_goes_on_where_the_last_one_ended(ten: DecodedDataset) -> None:
    """Two epochs of four images out of ten."""
    served = sampled(ten, steps_per_epoch=1)
    first = order(served)
    served.on_epoch_end()
    assert len({*first, *order(served)}) == 8


def test_oversampling_serves_each_class_as_often(unbalanced: DecodedDataset) -> None:
    served = sampled(unbalanced, oversample=True)
    targets = np.concatenate([served[number][1] for number in range(len(served))])
    assert targets.sum(axis=0).tolist() == [5, 5]
