"""A search space in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.cli.spaces import SpaceEntry, entries_of
from zoo.interfaces.spaces import Boolean, Choice, Condition, Fixed, Float, Int, Space

if TYPE_CHECKING:
    from zoo.interfaces.spaces import Hyperparameter


def entry(hyperparameter: Hyperparameter) -> SpaceEntry:
    """That of a space of this hyperparameter alone."""
    (only,) = entries_of(Space((hyperparameter,)))
    return only


@pytest.mark.parametrize(
    ("hyperparameter", "words"),
    [
        (Boolean("biased", False), "True, False"),
        (Choice("kind", "a", values=("a", "", "c")), "a, '', c"),
        (Int("depth", 2, low=2, high=8), "2 to 8"),
        (Int("depth", 2, low=2, high=8, step=2), "2 to 8, step 2"),
        (Float("rate", 0.5, low=0.001, high=32.0, sampling="log"), "0.001 to 32, log"),
        (Fixed("plan", "none"), None),
    ],
)
def test_the_values_that_a_search_tries(hyperparameter: Hyperparameter, words: str | None) -> None:
    assert entry(hyperparameter).searched == words


def test_a_condition_names_each_value_that_meets_it() -> None:
    conditions = (Condition("kind", ("a", "b")), Condition("deep", (True,)))
    assert (
        entry(Int("depth", 2, low=2, high=8, conditions=conditions)).condition == "kind=a or b and deep=True"
    )


def test_only_hyperparameters_of_zoo_are_its_own_and_have_a_summary() -> None:
    strange, own = entry(Int("depth", 2, low=2, high=8)), entry(Float("dropout", 0.2, low=0.0, high=0.5))
    assert (strange.own, strange.summary, strange.condition) == (False, "", None)
    assert (own.own, bool(own.summary), own.default) == (True, True, 0.2)
