"""Batches: shapes, targets, and an order that a seed fixes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.data import batches as batches_module
from zoo.data import rows as rows_module
from zoo.data.augmentation import augmenter
from zoo.data.batches import Served, count_steps, split_batches, training_batches
from zoo.data.cache import DecodedDataset
from zoo.data.rows import SplitRows, map_rows
from zoo.interfaces import Sampling
from zoo.training.features import Features

if TYPE_CHECKING:
    from pathlib import Path

Batch = tuple[np.ndarray, ...]


@pytest.fixture
def ten() -> DecodedDataset:
    """Ten training images, each filled with its row number, and three for validation."""
    pixels = np.arange(13, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    rows = {"train": np.arange(10), "validation": np.arange(10, 13), "test": np.arange(0)}
    return DecodedDataset(pixels, np.arange(13) % 2, ("cat", "dog"), rows, (), ())


def served(decoded: DecodedDataset, split: str = "train", *, sigmoid: bool = False) -> list[Batch]:
    return list(split_batches(decoded, split, 4, sigmoid=sigmoid).as_numpy_iterator())


def epoch(decoded: Served, number: int = 0, *, seed: int = 1, **options: Any) -> list[Batch]:
    """Return the batches of one epoch of a training."""
    dataset, steps = training_batches(decoded, 4, epochs=range(number, number + 1), seed=seed, **options)
    batches = list(dataset.as_numpy_iterator())
    assert len(batches) == steps
    return batches


def order(batches: list[Batch]) -> list[int]:
    return [int(image.max()) for pixels, *_ in batches for image in pixels]


# A split -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["copied at once", "read in parts"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split as a small one is served, and as a large one is."""
    if request.param == "read in parts":
        monkeypatch.setattr(batches_module, "READ_LIMIT", 0)


@pytest.mark.usefixtures("both_ways")
def test_a_split_comes_in_order(ten: DecodedDataset) -> None:
    assert order(served(ten)) == list(range(10))


@pytest.mark.usefixtures("both_ways")
def test_the_last_batch_is_smaller(ten: DecodedDataset) -> None:
    assert [len(pixels) for pixels, _ in served(ten)] == [4, 4, 2]


@pytest.mark.usefixtures("both_ways")
def test_an_empty_split_has_no_batches(ten: DecodedDataset) -> None:
    assert served(ten, "test") == []


@pytest.mark.usefixtures("both_ways")
def test_another_split_has_its_own_images(ten: DecodedDataset) -> None:
    assert order(served(ten, "validation")) == [10, 11, 12]


@pytest.mark.usefixtures("both_ways")
def test_pixels_stay_uint8(ten: DecodedDataset) -> None:
    assert served(ten)[0][0].dtype == np.uint8


@pytest.mark.usefixtures("both_ways")
def test_shapes_are_known_before_a_batch_is_read(ten: DecodedDataset) -> None:
    shapes = [tuple(spec.shape) for spec in split_batches(ten, "train", 4).element_spec]
    assert shapes == [(None, 4, 4, 3), (None, 2)]


@pytest.mark.usefixtures("both_ways")
@pytest.mark.usefixtures("both_ways")
def test_nothing_is_left_to_tensorflow_to_tune(ten: DecodedDataset) -> None:
    # The end of a pipeline may have to wait until its tuner wakes.
    training, _ = training_batches(ten, 4, epochs=range(1), seed=1)
    for dataset in (training, split_batches(ten, "validation", 4)):
        assert dataset.options().autotune.enabled is False


def test_targets_are_one_hot(ten: DecodedDataset) -> None:
    targets = served(ten)[0][1]
    assert (targets.tolist(), targets.dtype) == ([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)


@pytest.mark.usefixtures("both_ways")
def test_targets_for_sigmoid_are_one_column(ten: DecodedDataset) -> None:
    targets = served(ten, sigmoid=True)[0][1]
    assert (targets.tolist(), targets.dtype) == ([[0], [1], [0], [1]], np.float32)


@pytest.fixture(params=["shared", "read by preadv"])
def mapped(
    request: pytest.FixtureRequest, ten: DecodedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> DecodedDataset:
    """The ten as the cache returns them."""
    monkeypatch.setattr(rows_module, "LENT_LIMIT", 10**9 if request.param == "shared" else 0)
    ten.pixels.tofile(tmp_path / "pixels.bin")
    return replace(ten, pixels=map_rows(tmp_path / "pixels.bin", ten.pixels.shape))


@pytest.mark.usefixtures("both_ways")
def test_the_same_comes_out_of_a_mapped_file(ten: DecodedDataset, mapped: DecodedDataset) -> None:
    assert (order(epoch(mapped)), order(served(mapped))) == (order(epoch(ten)), list(range(10)))


@pytest.mark.usefixtures("both_ways")
def test_fit_knows_how_many_batches_a_split_has(ten: DecodedDataset) -> None:
    assert int(split_batches(ten, "train", 4).cardinality()) == 3


def test_a_large_mapped_file_is_not_copied_to_be_read(
    ten: DecodedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the file afterwards appears in the batches."""
    monkeypatch.setattr(batches_module, "READ_LIMIT", 0)
    ten.pixels.tofile(tmp_path / "pixels.bin")
    mapped = replace(ten, pixels=map_rows(tmp_path / "pixels.bin", ten.pixels.shape))
    batches = split_batches(mapped, "train", 4)
    with (tmp_path / "pixels.bin").open("r+b") as file:
        file.write(bytes([77]) * 48)
    assert order(list(batches.as_numpy_iterator()))[:2] == [77, 1]


# A training ---------------------------------------------------------------------------------------------------


def test_targets_follow_the_shuffle(ten: DecodedDataset) -> None:
    pixels, targets = epoch(ten)[0]
    assert targets.argmax(axis=1).tolist() == [int(image.max()) % 2 for image in pixels]


def test_a_seed_shuffles_all_images(ten: DecodedDataset) -> None:
    shuffled = order(epoch(ten))
    assert (sorted(shuffled), shuffled != list(range(10))) == (list(range(10)), True)


def test_every_epoch_is_shuffled_anew(ten: DecodedDataset) -> None:
    assert order(epoch(ten, 0)) != order(epoch(ten, 1))


def test_epochs_follow_each_other(ten: DecodedDataset) -> None:
    dataset, steps = training_batches(ten, 4, epochs=range(2), seed=1)
    batches = list(dataset.as_numpy_iterator())
    assert (steps, order(batches)) == (3, order(epoch(ten, 0)) + order(epoch(ten, 1)))


@pytest.mark.parametrize("at_once", [1, 2])
def test_batches_are_the_same_however_many_are_read_at_once(
    ten: DecodedDataset, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    expected = order(epoch(ten, 0)), order(epoch(ten, 1))
    monkeypatch.setattr(batches_module, "READ_LIMIT", at_once * 4 * ten.pixels[0].nbytes)
    batches = list(training_batches(ten, 4, epochs=range(2), seed=1).dataset.as_numpy_iterator())
    sizes = [len(pixels) for pixels, _ in batches]
    assert (sizes, order(batches[:3]), order(batches[3:])) == ([4, 4, 2] * 2, *expected)


def test_the_same_seed_produces_the_same_epochs(ten: DecodedDataset) -> None:
    assert order(epoch(ten, 1)) == order(epoch(ten, 1))


def test_another_seed_produces_another_order(ten: DecodedDataset) -> None:
    assert order(epoch(ten, seed=1)) != order(epoch(ten, seed=2))


def test_augmentation_is_applied(ten: DecodedDataset) -> None:
    def augment(pixels: Any, targets: Any, number: Any) -> tuple[Any, Any]:
        return tf.cast(pixels, tf.float32) + 100, targets / 2

    pixels, targets = epoch(ten, augment=augment)[0]
    plain, whole = epoch(ten)[0]
    assert (pixels.tolist(), targets.tolist()) == ((plain + np.float32(100)).tolist(), (whole / 2).tolist())


def test_batches_are_numbered_from_the_first_epoch_on(ten: DecodedDataset) -> None:
    """The random draws of an augmentation depend on it, so the second epoch is the same wherever a training begins."""
    batches = epoch(ten, 1, augment=lambda pixels, targets, number: (pixels, number))
    assert [int(number) for _, number in batches] == [3, 4, 5]


def test_fit_with_augmentation_produces_the_same_weights_for_the_same_seed(ten: DecodedDataset) -> None:
    def trained() -> np.ndarray:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        dataset, steps = training_batches(ten, 4, epochs=range(2), seed=1, augment=augmenter("light", 1))
        model.fit(dataset, steps_per_epoch=steps, epochs=2, verbose=0, shuffle=False)
        return model.get_weights()[0]

    assert np.array_equal(trained(), trained())


# What an epoch takes ---------------------------------------------------------------------------------------


def sampled(
    decoded: DecodedDataset, number: int = 0, *, sigmoid: bool = False, mixed: bool = False, **options: Any
) -> list[Batch]:
    """`mixed` assigns every image three quarters of its label and a quarter of the other one."""

    def mix(pixels: Any, targets: Any, number: Any) -> tuple[Any, Any]:
        return pixels, 0.75 * targets + 0.25 * (1 - targets)

    return epoch(
        decoded, number, augment=mix if mixed else None, sigmoid=sigmoid, sampling=Sampling(**options)
    )


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


def test_batches_are_full_where_their_number_is_fixed(ten: DecodedDataset) -> None:
    assert [len(pixels) for pixels, _ in sampled(ten, steps_per_epoch=7)] == [4] * 7


def test_a_short_epoch_continues_where_the_last_one_ended(ten: DecodedDataset) -> None:
    """Two epochs of four images out of ten."""
    first, second = (order(sampled(ten, number, steps_per_epoch=1)) for number in range(2))
    assert len({*first, *second}) == 8


def test_oversampling_serves_each_class_as_often(unbalanced: DecodedDataset) -> None:
    targets = np.concatenate([targets for _, targets in sampled(unbalanced, oversample=True)])
    assert targets.sum(axis=0).tolist() == [5, 5]


# Features in the place of pixels ---------------------------------------------------------------------------


def features_of(decoded: DecodedDataset, dtype: str = "float32", copies: int = 1) -> Features:
    """Of each image its row number, as a map and negative as a vector; 100 more with each copy."""

    def rows_of(split: str) -> SplitRows:
        rows, each = decoded.rows[split], copies if split == "train" else 1
        numbers = np.concatenate([rows + 100 * copy for copy in range(each)]).astype(dtype)
        maps = np.tile(numbers[:, None, None, None], (1, 2, 2, 3))
        labels = np.tile(decoded.labels[rows], each)
        return SplitRows((maps, -numbers[:, None]), labels, np.arange(len(rows)), each)

    return Features(decoded.class_names, {split: rows_of(split) for split in decoded.rows})


def numbers(batches: list[Batch]) -> list[int]:
    return [int(image.max()) for (maps, _), *_ in batches for image in maps]


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(oversample=True),
        Sampling(fraction=0.5),
        Sampling(steps_per_epoch=7),
        Sampling(class_weights="balanced", fraction=0.5, steps_per_epoch=3),
    ],
)
def test_features_come_in_the_order_of_the_pixels(unbalanced: DecodedDataset, sampling: Sampling) -> None:
    """The training images are not the first rows, and not in order."""
    mixed = replace(unbalanced, rows={**unbalanced.rows, "train": np.array([12, 3, 8, 4, 11, 0, 7, 5])})
    features = features_of(mixed)
    for number in range(2):
        pixels = epoch(mixed, number, sampling=sampling)
        served_features = epoch(features, number, sampling=sampling)
        assert numbers(served_features) == order(pixels)
        for batch, expected in zip(served_features, pixels, strict=True):
            assert [part.tolist() for part in batch[1:]] == [part.tolist() for part in expected[1:]]
    assert count_steps(features, 4, sampling) == count_steps(mixed, 4, sampling)


@pytest.mark.usefixtures("both_ways")
def test_a_split_of_features_comes_in_order(ten: DecodedDataset) -> None:
    assert numbers(list(split_batches(features_of(ten), "train", 4).as_numpy_iterator())) == list(range(10))


def test_several_inputs_come_row_by_row(ten: DecodedDataset) -> None:
    for (maps, vectors), _ in epoch(features_of(ten)):
        assert maps.max(axis=(1, 2, 3)).tolist() == (-vectors[:, 0]).tolist()


def test_halves_of_floats_become_whole(ten: DecodedDataset) -> None:
    halves, wholes = (epoch(features_of(ten, dtype)) for dtype in ("float16", "float32"))
    assert [array.dtype for array in halves[0][0]] == [np.float32, np.float32]
    assert numbers(halves) == numbers(wholes)


def test_copies_take_turns_from_epoch_to_epoch(ten: DecodedDataset) -> None:
    """Each epoch has one copy of each image, in the order that pixels would come in."""
    features = features_of(ten, copies=2)
    for number, copy in enumerate((0, 1, 0)):
        assert numbers(epoch(features, number)) == [100 * copy + row for row in order(epoch(ten, number))]


def test_labels_follow_every_view(ten: DecodedDataset) -> None:
    for (maps, _), targets in epoch(features_of(ten, copies=2), 1):
        assert targets.argmax(axis=1).tolist() == [int(image.max()) % 2 for image in maps]


@pytest.mark.parametrize("lent", [True, False], ids=["shared", "read by preadv"])
def test_mapped_features_are_the_same(
    ten: DecodedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lent: bool
) -> None:
    monkeypatch.setattr(rows_module, "LENT_LIMIT", 10**9 if lent else 0)
    features = features_of(ten, "float16")
    split = features.splits["train"]
    for number, array in enumerate(split.inputs):
        array.tofile(tmp_path / str(number))
    mapped = tuple(
        map_rows(tmp_path / str(number), array.shape, "float16") for number, array in enumerate(split.inputs)
    )
    again = replace(features, splits={**features.splits, "train": split._replace(inputs=mapped)})
    assert numbers(epoch(again)) == numbers(epoch(features))
