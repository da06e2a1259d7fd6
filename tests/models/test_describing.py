"""The description of an architecture that `zoo architectures` shows and caches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.architectures import TINY
from zoo.errors import ContractError
from zoo.models.describing import describe
from zoo.models.hyperparameters import OWN


def test_the_space_has_the_architectures_hyperparameters_and_zoos_own() -> None:
    space: Any = describe(TINY)["space"]
    assert {hp["config"]["name"] for hp in space} == {"filters", *OWN}


def test_parameters_are_those_of_the_default_backbone() -> None:
    """Of 3 channels: 3·9·4+4 and 4·9·4+4 weights, with 2·4 + 2·4 of normalization each; none of the head."""
    assert describe(TINY)["parameters"] == 112 + 148 + 32


@pytest.mark.parametrize(("default_size", "image_size"), [(None, 8), (16, 16)])
def test_it_is_built_for_its_default_size_or_else_the_smallest(
    default_size: int | None, image_size: int
) -> None:
    assert describe(replace(TINY, default_size=default_size))["image_size"] == image_size


def test_it_is_built_for_the_channels_that_it_takes() -> None:
    assert describe(replace(TINY, channels=1))["parameters"] == 40 + 148 + 32


def test_an_architecture_that_cannot_be_built_is_refused() -> None:
    with pytest.raises(ContractError, match="backbone must return a tensor"):
        describe(replace(TINY, backbone=lambda hp, inputs, *, weights=None: None))
