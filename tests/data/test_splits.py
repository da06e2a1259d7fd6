"""Splits: by content, stable, and refused where nothing can be learned from them."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from zoo.data.splits import assign_splits, check_splits, count_images, without_validation
from zoo.errors import DatasetError

DIGESTS = tuple(hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000))


def counts(train: tuple[int, int], validation: tuple[int, int], test: tuple[int, int]) -> dict:
    sizes = {"train": train, "validation": validation, "test": test}
    return {split: dict(zip(("cat", "dog"), images, strict=True)) for split, images in sizes.items()}


def test_shares_are_70_15_15() -> None:
    split = Counter(assign_splits(DIGESTS, None))
    shares = [split[name] / len(DIGESTS) for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.70, 0.15, 0.15], abs=0.01)


def test_added_images_change_no_other_image() -> None:
    assert assign_splits(DIGESTS, None)[:100] == assign_splits(DIGESTS[:100], None)


@pytest.mark.parametrize(
    ("digest", "split"),
    [
        ("0" * 64, "train"),
        ("b3" + "0" * 62, "train"),
        ("b4" + "0" * 62, "validation"),
        ("d9" + "0" * 62, "validation"),
        ("da" + "0" * 62, "test"),
        ("f" * 64, "test"),
    ],
)
def test_the_split_of_a_digest_never_changes(digest: str, split: str) -> None:
    assert assign_splits([digest], None) == (split,)


def test_declared_splits_are_preserved() -> None:
    declared = ("train", "validation", "test")
    assert assign_splits(DIGESTS[:3], declared) == declared


def test_declared_train_and_validation_get_no_test() -> None:
    assert set(assign_splits(DIGESTS[:10], ["train", "validation"] * 5)) == {"train", "validation"}


def test_missing_validation_is_taken_from_train_only() -> None:
    declared = ["train"] * 1000 + ["test"] * 1000
    split = assign_splits(DIGESTS[:2000], declared)
    count = Counter(split[:1000])["validation"]
    assert (count == pytest.approx(150, abs=40), set(split[1000:])) == (True, {"test"})


def test_counts_have_every_split_and_class_as_a_key() -> None:
    assert count_images(["train"], [0], ["cat", "dog"]) == counts((1, 0), (0, 0), (0, 0))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (counts((0, 0), (1, 1), (1, 1)), r"no training images \(0 train, 2 validation, 2 test\)"),
        (counts((5, 4), (0, 0), (1, 1)), r"no validation images \(9 train, 0 validation, 2 test\)"),
        (counts((5, 0), (1, 1), (1, 1)), "no training image of 'dog'"),
    ],
)
def test_splits_that_cannot_be_trained_on_are_refused(sizes: dict, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        check_splits(sizes)


@pytest.mark.parametrize(
    ("sizes", "notices"),
    [
        (counts((5, 5), (1, 1), (1, 1)), []),
        (counts((5, 5), (1, 0), (1, 1)), ["no validation image of 'dog'"]),
        (counts((5, 5), (1, 1), (0, 0)), ["no test images"]),
        (counts((5, 5), (1, 1), (0, 1)), ["no test image of 'cat'"]),
    ],
)
def test_poor_splits_are_noticed(sizes: dict, notices: list[str]) -> None:
    assert [notice.split(":")[0] for notice in check_splits(sizes)] == notices


def test_a_resplit_takes_validation_anew_from_train_and_validation() -> None:
    declared = ["train"] * 1000 + ["validation"] * 16 + ["test"] * 100
    split = assign_splits(DIGESTS[:1116], without_validation(declared))
    counts = Counter(split[:1016])
    assert (counts["validation"] == pytest.approx(152, abs=40), set(split[1016:])) == (True, {"test"})
    assert "train" in split[1000:1016]


def test_a_resplit_of_no_validation_changes_nothing() -> None:
    declared = ("train", "test", "train")
    assert without_validation(declared) == declared
