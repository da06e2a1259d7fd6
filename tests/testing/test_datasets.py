"""Each check of a dataset finds its faults."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from zoo import Dataset, LabeledImages
from zoo.errors import ContractError
from zoo.testing import DATASET_CHECKS, check_dataset
from zoo.testing.datasets import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = [np.full((8, 8), shade, np.uint8) for shade in range(60)]
LABELS = [shade % 2 for shade in range(60)]
OTHERS = [check for check in DATASET_CHECKS if check != "imports-without-tensorflow"]


def dataset(load: Callable[[], Any]) -> Dataset:
    return Dataset(name="mine", load=load, summary="s", reference="r")


def images_of(
    items: list[Any] = IMAGES, labels: list[int] = LABELS, names: Any = ("a", "b"), **more: Any
) -> Dataset:
    return dataset(lambda: LabeledImages(items, labels, names, **more))


def changing() -> Dataset:
    calls = count()
    return dataset(lambda: LabeledImages([IMAGES[0] + next(calls), *IMAGES[1:]], LABELS, ("a", "b")))


def raising() -> Any:
    raise OSError("no disk")


BAD = [
    ("loads", dataset(raising), r"load\(\) failed: OSError: no disk .*: fix load\(\)"),
    ("loads", dataset(lambda: 3), r"load\(\) returns int: return zoo.LabeledImages"),
    ("loads", images_of([], []), r"load\(\) returns no images"),
    ("classes", images_of(labels=[0] * 60, names=("a",)), "two classes or more are needed"),
    ("classes", images_of(names=("a", "b", "c")), "there is no image of c"),
    (
        "decodes",
        images_of([Path("gone.png"), *IMAGES[1:]]),
        r"1 of 60 items are not images \(0\), the first: .*gone.png",
    ),
    ("decodes", images_of([image.astype(float) for image in IMAGES]), "an array of float64 and shape"),
    ("loads-again", changing(), r"a second load\(\) returns other images"),
    ("splits", images_of(split=["test"] * 60), "there are no training images"),
]


@pytest.mark.parametrize("check", OTHERS)
def test_a_good_dataset_passes(check: str) -> None:
    check_dataset(images_of(), check)


@pytest.mark.parametrize(("check", "bad", "message"), BAD)
def test_a_bad_one_fails(check: str, bad: Dataset, message: str) -> None:
    with pytest.raises(ContractError, match=f"^mine fails '{check}': .*{message}"):
        check_dataset(bad, check)


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(DATASET_CHECKS)


def test_without_a_name_all_checks_run() -> None:
    with pytest.raises(ContractError, match=r"^mine fails 'splits': "):
        check_dataset(images_of(split=["test"] * 60))
