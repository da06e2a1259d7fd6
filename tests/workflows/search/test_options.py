"""The options of a search, checked against each other. No TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.workflows.search.options import search_options


def test_objectives_are_read_from_one_text() -> None:
    objectives = search_options(objective="val_accuracy,params").objectives
    assert [(objective.name, objective.direction) for objective in objectives] == [
        ("val_accuracy", "max"),
        ("params", "min"),
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_brings_its_own_pruner(algorithm: str) -> None:
    assert search_options(algorithm=algorithm).pruner == (ALGORITHMS[algorithm].pruner or "none")


@pytest.mark.parametrize(
    "options", [{"algorithm": "randm"}, {"objective": "val_acuracy"}, {"pruner": "medain"}]
)
def test_an_unknown_name_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        search_options(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pruner": "median", "objective": "params"},
            "pruning is for one objective that is measured each epoch",
        ),
        ({"pruner": "median", "objective": "val_accuracy,val_loss"}, "pruning is for one objective"),
        ({"target": 1.0, "objective": "params"}, "--target is for one objective .* and not for params"),
        ({"target": 1.0, "objective": "val_accuracy,params"}, "and not for val_accuracy,params"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SearchError, match=message):
        search_options(**options)


def test_a_target_of_one_measured_objective_is_taken() -> None:
    assert search_options(target=0.9).target == 0.9
