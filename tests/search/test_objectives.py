"""What a search may optimise."""

from __future__ import annotations

import pytest

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import Objective
from zoo.search.objectives import OBJECTIVES, find_objectives


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_accuracy", "max"),
        ("val_loss", "min"),
        ("val_f1", "max"),
        ("val_precision", "max"),
        ("val_recall", "max"),
        ("accuracy", "max"),
        ("loss", "min"),
        ("params", "min"),
        ("trainable_params", "min"),
        ("megabytes", "min"),
        ("seconds", "min"),
    ],
)
def test_the_direction_of_an_objective(name: str, direction: str) -> None:
    assert find_objectives(name) == (Objective(name, direction),)


def test_several_objectives_keep_their_order() -> None:
    assert find_objectives("params, val_accuracy") == (OBJECTIVES["params"], OBJECTIVES["val_accuracy"])


def test_an_objective_named_twice_is_refused() -> None:
    with pytest.raises(SearchError, match=r"^--objective names params twice: name it once$"):
        find_objectives("params,val_loss,params")


def test_an_unknown_objective_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown objective 'val_acc': did you mean 'val_accuracy'"):
        find_objectives("val_acc")
