"""The contracts of what plugins give: wrong types and values are refused when they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from zoo.errors import ContractError
from zoo.interfaces import Architecture, Dataset, LabeledImages, Objective

PIXELS = np.zeros((4, 4), np.uint8)


def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return inputs


def load() -> LabeledImages:
    return LabeledImages([PIXELS], [0], ("cat", "dog"))


def architecture(**fields: Any) -> Architecture:
    return Architecture(
        **{"name": "net", "backbone": backbone, "summary": "a net", "reference": "none", **fields}
    )


def dataset(**fields: Any) -> Dataset:
    return Dataset(**{"name": "pets", "load": load, "summary": "pets", "reference": "none", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"min_size": 1},
        {"min_size": 8, "default_size": 8},
        {"channels": 1},
        {"channels": 3},
        {"weights": ("imagenet",)},
        {"presets": {"paper": {"depth": 20}}},
        {"freeze_points": ("stem",)},
    ],
)
def test_an_architecture_may_have(fields: dict[str, Any]) -> None:
    assert all(getattr(architecture(**fields), name) == value for name, value in fields.items())


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "Net"}, "architecture name must be lower-case"),
        ({"name": ""}, "architecture name must be lower-case"),
        ({"name": "a/b"}, "architecture name must be lower-case"),
        ({"name": None}, "architecture name must be lower-case"),
        ({"backbone": "net"}, "architecture 'net': backbone must be a function"),
        ({"summary": " "}, "architecture 'net': summary must be text"),
        ({"reference": None}, "architecture 'net': reference must be text"),
        ({"min_size": 0}, "min_size must be 1 or more pixels"),
        ({"min_size": 8.0}, "min_size must be 1 or more pixels"),
        ({"min_size": True}, "min_size must be 1 or more pixels"),
        ({"min_size": 64, "default_size": 32}, "default_size must be None or at least min_size"),
        ({"default_size": "224"}, "default_size must be None or at least min_size"),
        ({"channels": 4}, "channels must be 1, 3 or None"),
        ({"channels": True}, "channels must be 1, 3 or None"),
        ({"channels": 3.0}, "channels must be 1, 3 or None"),
        ({"version": 2}, "version must be text"),
        ({"version": ""}, "version must be text"),
        ({"weights": "imagenet"}, "weights must be a tuple of names"),
        ({"weights": ("",)}, "weights must be a tuple of names"),
        ({"freeze_points": ["stem"]}, "freeze_points must be a tuple of names"),
        ({"freeze_points": (1,)}, "freeze_points must be a tuple of names"),
        ({"presets": ["paper"]}, "presets must map names to hyperparameters"),
        ({"presets": {"paper": 20}}, "presets must map names to hyperparameters"),
    ],
)
def test_an_architecture_must_not_have(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        architecture(**fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "my pets"}, "dataset name must be lower-case"),
        ({"load": load()}, "dataset 'pets': load must be a function"),
        ({"summary": 3}, "dataset 'pets': summary must be text"),
        ({"reference": ""}, "dataset 'pets': reference must be text"),
    ],
)
def test_a_dataset_must_not_have(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        dataset(**fields)


def test_a_dataset_is_not_loaded_when_it_is_described() -> None:
    def explode() -> LabeledImages:
        raise AssertionError

    assert dataset(load=explode).name == "pets"


@pytest.mark.parametrize(
    ("labels", "class_names", "split", "complaint"),
    [
        ([0], ("cat", "dog"), None, "2 images but 1 labels"),
        ([0, 2], ("cat", "dog"), None, "a label is not in 0..1"),
        ([0, -1], ("cat", "dog"), None, "a label is not in 0..1"),
        (["cat", "dog"], ("cat", "dog"), None, "a label is not in 0..1"),
        ([0, 1], ("cat", "cat"), None, "class names repeat"),
        ([0, 1], ["cat", "dog"], None, "class_names must be a tuple of names"),
        ([0, 1], ("cat", 2), None, "class_names must be a tuple of names"),
        ([0, 1], ("cat", "dog"), ["train"], "2 images but 1 splits"),
        ([0, 1], ("cat", "dog"), ["train", "val"], "a split is none of train, validation, test"),
    ],
)
def test_labeled_images_must_fit_together(
    labels: Any, class_names: Any, split: list[str] | None, complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        LabeledImages([PIXELS, PIXELS], labels, class_names, split)


def test_labels_may_be_a_numpy_array() -> None:
    assert len(LabeledImages([PIXELS, PIXELS], np.array([1, 0]), ("cat", "dog")).labels) == 2


@pytest.mark.parametrize(
    ("direction", "value", "other", "better"),
    [
        ("max", 0.9, 0.8, True),
        ("max", 0.8, 0.9, False),
        ("max", 0.8, 0.8, False),
        ("min", 0.8, 0.9, True),
        ("min", 0.9, 0.8, False),
        ("min", 0.8, 0.8, False),
        ("max", 0.0, None, True),
        ("min", 9.0, None, True),
    ],
)
def test_better_follows_the_direction(
    direction: str, value: float, other: float | None, better: bool
) -> None:
    assert Objective("score", direction).better(value, other) is better
