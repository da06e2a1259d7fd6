"""How many trials of a search stand on the same frozen layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keras_tuner import HyperParameters
from plans import SEARCH_PLAN

from zoo.interfaces import Architecture
from zoo.workflows.candidate import Candidate
from zoo.workflows.images import InputShape
from zoo.workflows.trials import same_frozen

ARCHITECTURE = Architecture("tiny", lambda hp, inputs, *, weights=None: inputs, "tiny", "none")


def trials_alike(*searched: str, weights: str | None = "net.h5") -> int:
    space = HyperParameters()
    space.Fixed("pooling", "avg")
    for name in searched:
        space.Choice(name, [1, 2])
    plan = replace(SEARCH_PLAN, space=space.get_config())
    return same_frozen(plan, Candidate(ARCHITECTURE, InputShape(8, 1), weights))


def test_all_do_where_only_the_head_and_its_training_are_searched() -> None:
    assert trials_alike("head_units", "learning_rate") == SEARCH_PLAN.trials


@pytest.mark.parametrize("name", ["freeze", "filters", "architecture"])
def test_one_is_sure_where_what_shapes_them_is_searched(name: str) -> None:
    assert trials_alike("learning_rate", name) == 1


def test_each_has_its_own_where_weights_are_drawn() -> None:
    assert trials_alike("learning_rate", weights=None) == 1
