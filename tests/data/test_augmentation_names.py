"""The names of the augmentations, and how they are joined."""

from __future__ import annotations

import pytest

from zoo.data.augmentation import augmenter
from zoo.data.augmentation_names import AUGMENTATION_NAMES, AUGMENTATIONS, parts_of
from zoo.errors import HyperparameterError, UnknownNameError


@pytest.mark.parametrize("name", ["lihgt", "classic+lihgt"])
def test_an_unknown_augmentation_gets_the_nearest_names(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown augmentation 'lihgt': did you mean 'light'"):
        augmenter(name, 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("flip+light+flip", "augmentation 'flip+light+flip' has flip twice: name each once"),
        ("none+none", "augmentation 'none+none' has none twice: name each once"),
        ("none+flip", "augmentation 'none+flip' combines none with others: leave none out"),
    ],
)
def test_augmentations_that_cannot_be_joined_are_refused(name: str, message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        parts_of(name)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("none", ()),
        ("classic", ("classic",)),
        ("light+flip", ("light", "flip")),
        ("cutmix+flip+mixup+randaugment", ("flip", "randaugment", "cutmix", "mixup")),
    ],
)
def test_images_are_changed_before_they_are_mixed(name: str, parts: tuple[str, ...]) -> None:
    assert parts_of(name) == parts


def test_every_augmentation_has_a_summary() -> None:
    assert AUGMENTATION_NAMES == ("none", "flip", "light", "classic", "randaugment", "mixup", "cutmix")
    assert all(AUGMENTATIONS.values())
