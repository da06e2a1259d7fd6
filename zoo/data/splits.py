"""Decides for each image whether it is for training, validation or testing, from its content alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from zoo.errors import DatasetError
from zoo.interfaces import SPLITS

TRAIN_SHARE = 0.70
VALIDATION_SHARE = 0.15  # the rest, another 0.15, is for testing
TAKEN_FROM_TRAIN = 0.15  # where a dataset has its own training split but none for validation

NAMED_CLASSES = 5  # in a line

Counts = Mapping[str, Mapping[str, int]]
"""Split -> class name -> number of images."""


def assign_splits(digests: Sequence[str], own_splits: Sequence[str] | None) -> tuple[str, ...]:
    """Return the split of each image.

    Where the dataset has no splits, an image's digest decides: it is a number that is evenly spread over [0, 1), and
    below 0.70 means train, below 0.85 validation, above test. So an image never changes its split because
    others are added or removed, copies of an image share a split, and every machine agrees. The price: each class is
    split 70 / 15 / 15 only in expectation, as each class is its own fair draw; a small class may be off.

    The dataset's own splits stay. If there are training images and none for validation, 15 % of the training images
    are taken for it by the same rule.

    Args:
        digests: SHA-256 of each image, in hex.
        own_splits: train, validation or test for each image; None: the dataset has none.
    """
    if own_splits is None:
        return tuple(_by_digest(digest) for digest in digests)
    if "validation" in own_splits:
        return tuple(own_splits)
    return tuple(
        "validation" if split == "train" and _position(digest) >= 1 - TAKEN_FROM_TRAIN else split
        for digest, split in zip(digests, own_splits, strict=True)
    )


def without_validation(own_splits: Sequence[str]) -> tuple[str, ...]:
    """Return the splits with the validation images moved to training, so that `assign_splits` takes new ones from all
    of these; test images stay.

    Some published datasets have too few validation images to choose a model by: the chest X-rays have 16.
    """
    return tuple("train" if split == "validation" else split for split in own_splits)


def count_images(split: Sequence[str], labels: Sequence[int], class_names: Sequence[str]) -> Counts:
    """Return split -> class name -> number of images, with every split and every class as a key."""
    counted = Counter(zip(split, labels, strict=True))
    return {
        name: {class_name: counted[name, label] for label, class_name in enumerate(class_names)}
        for name in SPLITS
    }


def check_splits(counts: Counts) -> tuple[str, ...]:
    """Refuse splits that cannot be trained and validated on; return a line for each weakness.

    Raises:
        DatasetError: no training or no validation images, or a class without a training image.
    """
    totals = {name: sum(classes.values()) for name, classes in counts.items()}
    summary = ", ".join(f"{totals[name]} {name}" for name in SPLITS)
    if not totals["train"]:
        raise DatasetError(f"there are no training images ({summary}); add images or a train folder")
    if not totals["validation"]:
        raise DatasetError(f"there are no validation images ({summary}); add images or a validation folder")
    if missing := _empty_classes(counts, "train"):
        raise DatasetError(f"no training image of {missing}; add images of it or remove the class")
    notices = []
    if missing := _empty_classes(counts, "validation"):
        notices.append(f"no validation image of {missing}: validation metrics say nothing about it")
    if not totals["test"]:
        notices.append("no test images: there will be no test metrics")
    elif missing := _empty_classes(counts, "test"):
        notices.append(f"no test image of {missing}: test metrics say nothing about it")
    return tuple(notices)


def _by_digest(digest: str) -> str:
    position = _position(digest)
    if position < TRAIN_SHARE:
        return "train"
    return "validation" if position < TRAIN_SHARE + VALIDATION_SHARE else "test"


def _position(digest: str) -> float:
    """Return the digest as a number in [0, 1); 13 hex digits are the 52 bits that a float represents exactly."""
    return int(digest[:13], 16) / 16**13


def _empty_classes(counts: Counts, split: str) -> str:
    empty = [f"'{name}'" for name, images in counts[split].items() if not images]
    more = f" and {len(empty) - NAMED_CLASSES:,} more classes" if len(empty) > NAMED_CLASSES else ""
    return ", ".join(empty[:NAMED_CLASSES]) + more
