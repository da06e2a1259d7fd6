"""Checks of classes and splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS = ("coarse-validation", "without-class", "small-class", "imbalance")


@pytest.fixture
def findings_of(opened_arrays: Callable, findings_by_check: Callable) -> Callable[..., dict[str, tuple]]:
    """Check a dataset with these numbers of cats and dogs in train, validation and test.

    Gives the name of each check that has something to say -> severity, message, classes.
    """

    def check(train: tuple[int, int], validation: tuple[int, int], test: tuple[int, int]) -> dict:
        rng = np.random.default_rng(0)
        split, labels = [], []
        for name, (cats, dogs) in (("train", train), ("validation", validation), ("test", test)):
            split += [name] * (cats + dogs)
            labels += [0] * cats + [1] * dogs
        items = [rng.integers(0, 256, (8, 8), dtype=np.uint8) for _ in labels]
        findings = findings_by_check(opened_arrays(items, labels, split))
        return {
            name: (str(finding.severity), finding.message, finding.classes)
            for name, finding in findings.items()
            if name.endswith(CHECKS)
        }

    return check


def test_a_good_dataset_has_no_findings(findings_of: Callable) -> None:
    assert findings_of((60, 60), (25, 25), (10, 10)) == {}


def test_a_validation_split_too_small_to_select_on(findings_of: Callable) -> None:
    message = "16 validation images: one of them is 6.25 points of accuracy"
    assert findings_of((60, 60), (8, 8), (10, 10)) == {"coarse-validation": ("error", message, ())}


def test_a_resplit_is_offered_where_there_is_a_validation_split(
    opened_arrays: Callable, findings_by_check: Callable
) -> None:
    items = [np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8) for seed in range(120)]
    labels = [number % 2 for number in range(120)]
    with_validation = findings_by_check(opened_arrays(items, labels, ["train"] * 104 + ["validation"] * 16))
    own = findings_by_check(opened_arrays(items, labels))
    assert (
        "--resplit" in with_validation["coarse-validation"].advice,
        "--resplit" in own["coarse-validation"].advice,
    ) == (
        True,
        False,
    )


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_split_without_a_class(split: str, findings_of: Callable) -> None:
    counts = {"validation": (25, 25), "test": (10, 10), split: (50, 0)}
    message = f"no {split} images of 1 class"
    assert findings_of((60, 60), **counts) == {f"{split}-without-class": ("warning", message, ("dog",))}


def test_an_empty_test_split_has_no_missing_class(findings_of: Callable) -> None:
    assert findings_of((60, 60), (25, 25), (0, 0)) == {}


def test_a_small_class(findings_of: Callable) -> None:
    message = "1 class of fewer than 20 images"
    assert findings_of((60, 10), (25, 5), (10, 4))["small-class"] == ("warning", message, ("dog (19)",))


@pytest.mark.parametrize(
    ("cats", "severity", "times"), [(39, None, ""), (40, "note", "2.0"), (200, "warning", "10.0")]
)
def test_uneven_classes(cats: int, severity: str | None, times: str, findings_of: Callable) -> None:
    finding = findings_of((cats, 20), (25, 25), (10, 10)).get("imbalance")
    message = f"{times} times as many training images of cat ({cats}) as of dog (20)"
    assert finding == (None if severity is None else (severity, message, ()))
