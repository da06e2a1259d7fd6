"""The training images of an epoch: a share of them, balanced classes, and class weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from zoo.data.balance import balanced_weights, describe, draw_epoch, take_fraction
from zoo.data.cache import DecodedDataset
from zoo.interfaces import Sampling

# 60 images of class 0, 20 of class 1 and 4 of class 2, mixed; the rows that are not listed are of other splits.
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [75, 25, 5]))
ROWS = np.sort(np.concatenate([np.flatnonzero(label == LABELS)[:n] for label, n in enumerate((60, 20, 4))]))
UNBALANCED = DecodedDataset(
    np.zeros((105, 4, 4, 1), np.uint8),
    LABELS,
    ("cat", "dog", "emu"),
    {"train": ROWS, "validation": np.setdiff1d(np.arange(105), ROWS), "test": np.arange(0)},
    (),
    (),
)


def counts(rows: np.ndarray) -> list[int]:
    return np.bincount(LABELS[rows], minlength=3).tolist()


def epochs(number: int, *, size: int = 84, balanced: bool = True, seed: int = 1) -> list[np.ndarray]:
    kinds = LABELS[ROWS] if balanced else np.zeros_like(ROWS)
    return [draw_epoch(ROWS, kinds, epoch, size, seed) for epoch in range(number)]


# The fraction ---------------------------------------------------------------------------------------------


def test_a_fraction_is_that_share_of_each_class() -> None:
    assert counts(take_fraction(ROWS, LABELS, 0.5)) == [30, 10, 2]


def test_a_fraction_leaves_each_class_one_image() -> None:
    assert counts(take_fraction(ROWS, LABELS, 0.001)) == [1, 1, 1]


def test_a_fraction_takes_the_first_rows_of_each_class_in_their_order() -> None:
    expected = np.concatenate([ROWS[LABELS[ROWS] == label][:n] for label, n in enumerate((6, 2, 1))])
    assert take_fraction(ROWS, LABELS, 0.1).tolist() == sorted(expected)


@pytest.mark.parametrize(("smaller", "larger"), [(0.1, 0.2), (0.01, 0.1), (0.49, 0.5), (0.9, 1.0)])
def test_a_smaller_fraction_is_a_part_of_a_larger_one(smaller: float, larger: float) -> None:
    assert set(take_fraction(ROWS, LABELS, smaller)) < set(take_fraction(ROWS, LABELS, larger))


def test_all_is_all() -> None:
    assert np.array_equal(take_fraction(ROWS, LABELS, 1.0), ROWS)


# Class weights --------------------------------------------------------------------------------------------


def test_class_weights_are_those_of_scikit_learn() -> None:
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=LABELS[ROWS])
    assert balanced_weights(LABELS[ROWS], 3) == pytest.approx(theirs, rel=1e-6)


def test_the_mean_weight_of_an_image_is_one() -> None:
    assert balanced_weights(LABELS[ROWS], 3)[LABELS[ROWS]].mean() == pytest.approx(1, rel=1e-6)


def test_a_class_without_images_weighs_nothing() -> None:
    assert balanced_weights(np.array([0, 0, 2]), 3).tolist() == [0.75, 0, 1.5]


# Oversampling ---------------------------------------------------------------------------------------------


def test_oversampled_classes_come_equally_often() -> None:
    assert [counts(epoch) for epoch in epochs(3)] == [[28, 28, 28]] * 3


def test_classes_that_do_not_divide_the_epoch_come_equally_often_but_for_one() -> None:
    assert [sorted(counts(epoch)) for epoch in epochs(3, size=40)] == [[13, 13, 14]] * 3


def test_an_oversampled_class_shows_its_images_equally_often_over_the_epochs() -> None:
    _, times = np.unique(np.concatenate(epochs(15)), return_counts=True)
    by_class = [set(times[LABELS[ROWS] == label].tolist()) for label in range(3)]
    assert by_class == [{7}, {21}, {105}]


def test_a_large_class_shows_new_images_before_it_repeats_one() -> None:
    shown = np.concatenate(epochs(2))
    assert len(set(shown[LABELS[shown] == 0])) == 56


def test_an_oversampled_epoch_is_mixed() -> None:
    changes = np.count_nonzero(np.diff(LABELS[epochs(1)[0]]))
    assert changes > 30  # 2 if class came after class, 56 are expected


# The order ------------------------------------------------------------------------------------------------


def test_an_epoch_is_each_image_once_by_default() -> None:
    assert [sorted(epoch) for epoch in epochs(2, balanced=False)] == [ROWS.tolist()] * 2


@pytest.mark.parametrize("size", [10, 60, 200])
@pytest.mark.parametrize("number", [1, 3])
def test_no_image_comes_again_before_all_have_come(size: int, number: int) -> None:
    _, times = np.unique(np.concatenate(epochs(number, size=size, balanced=False)), return_counts=True)
    shown, rounds = size * number, size * number // 84
    assert (len(times), set(times) <= {rounds, rounds + 1}) == (min(shown, 84), True)


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("size", [84, 50])
def test_the_same_seed_draws_the_same_and_another_seed_another(balanced: bool, size: int) -> None:
    first, same, other = (epochs(2, size=size, balanced=balanced, seed=seed) for seed in (1, 1, 2))
    assert (np.array_equal(first, same), np.array_equal(first, other)) == (True, False)


# Refusals and notices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({}, []),
        ({"steps_per_epoch": 3}, []),
        ({"fraction": 0.5}, ["trains on 42 of 84 training images; all validation and test images are used"]),
        ({"class_weights": "balanced"}, ["class weights from 0.467 (cat) to 7 (emu)"]),
        (
            {"oversample": True, "fraction": 0.5},
            [
                "trains on 42 of 84 training images; all validation and test images are used",
                "classes of 2 to 30 training images come equally often in an epoch",
            ],
        ),
    ],
)
def test_notices(options: dict, lines: list[str]) -> None:
    assert describe(UNBALANCED, Sampling(**options)) == lines
