"""The sizes that an architecture accepts."""

from __future__ import annotations

from typing import Any

import pytest

from zoo.errors import ContractError
from zoo.interfaces import Sizes

PATCHES = Sizes(step=16)
BOUNDED = Sizes(smallest=32, largest=96, step=32)


@pytest.mark.parametrize(
    ("sizes", "accepted", "refused"),
    [
        (Sizes(), (1, 2, 1000), (0,)),
        (Sizes(32), (32, 33, 4096), (1, 31)),
        (Sizes.only(224), (224,), (223, 225, 448)),
        (PATCHES, (16, 32, 48), (1, 8, 24, 45)),
        (Sizes(smallest=32, largest=64), (32, 33, 64), (31, 65)),
        (BOUNDED, (32, 64, 96), (16, 48, 128)),
    ],
    ids=str,
)
def test_which_sizes_are_accepted(sizes: Sizes, accepted: tuple[int, ...], refused: tuple[int, ...]) -> None:
    assert [size for size in (*accepted, *refused) if size in sizes] == list(accepted)


@pytest.mark.parametrize(
    ("sizes", "size", "nearest", "at_least", "advice"),
    [
        (Sizes(32), 8, 32, 32, "32"),
        (Sizes(32), 40, 40, 40, "40"),
        (Sizes.only(224), 8, 224, 224, "224"),
        (Sizes.only(224), 500, 224, 224, "224"),
        (PATCHES, 45, 48, 48, "32 or 48"),
        (PATCHES, 35, 32, 48, "32 or 48"),
        (PATCHES, 40, 48, 48, "32 or 48"),
        (PATCHES, 3, 16, 16, "16"),
        (BOUNDED, 100, 96, 96, "96"),
        (BOUNDED, 90, 96, 96, "64 or 96"),
        (BOUNDED, 8, 32, 32, "32"),
        (Sizes(32, 64), 1000, 64, 64, "64"),
    ],
)
def test_the_accepted_sizes_next_to_another_one(
    sizes: Sizes, size: int, nearest: int, at_least: int, advice: str
) -> None:
    assert (sizes.nearest(size), sizes.at_least(size), sizes.advice(size)) == (nearest, at_least, advice)


@pytest.mark.parametrize(
    ("sizes", "words", "brief"),
    [
        (Sizes(), "at least 1", "≥ 1"),
        (Sizes(32), "at least 32", "≥ 32"),
        (Sizes.only(224), "only 224", "224"),
        (PATCHES, "multiples of 16", "≥ 16, step 16"),
        (Sizes(smallest=32, step=16), "multiples of 16, at least 32", "≥ 32, step 16"),
        (Sizes(smallest=32, largest=512), "32 to 512", "32–512"),
        (BOUNDED, "multiples of 32, 32 to 96", "32–96, step 32"),
    ],
)
def test_sizes_in_words(sizes: Sizes, words: str, brief: str) -> None:
    assert (str(sizes), sizes.brief) == (words, brief)


def test_bounds_are_rounded_to_multiples_of_the_step() -> None:
    assert Sizes(smallest=20, largest=100, step=16) == Sizes(smallest=32, largest=96, step=16)


@pytest.mark.parametrize(
    ("sizes", "open_ended"), [(Sizes(32), True), (PATCHES, False), (Sizes(1, 32), False), (BOUNDED, False)]
)
def test_open_ended(sizes: Sizes, open_ended: bool) -> None:
    assert sizes.open_ended is open_ended


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"smallest": 0}, "smallest must be 1 or more pixels, got 0"),
        ({"smallest": None}, "smallest must be 1 or more pixels, got None"),
        ({"largest": 3.0}, "largest must be 1 or more pixels, got 3.0"),
        ({"step": True}, "step must be 1 or more pixels, got True"),
        ({"smallest": 64, "largest": 32}, "largest must be 64 or more, got 32"),
        ({"step": 32, "largest": 16}, "largest must be 32 or more, got 16"),
        ({"step": 32, "smallest": 40, "largest": 50}, "largest must be 64 or more, got 50"),
    ],
)
def test_sizes_must_not_have(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        Sizes(**fields)
