"""The options of a training check themselves, and survive JSON."""

from __future__ import annotations

import pytest

from zoo.errors import HyperparameterError
from zoo.interfaces import Sampling


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_weights": "heavy"}, "class weights must be balanced or none, got 'heavy'"),
        (
            {"class_weights": "balanced", "oversample": True},
            "--class-weights balanced and --oversample both balance the classes: leave one of the two out",
        ),
        ({"steps_per_epoch": 0}, "steps per epoch must be 1 or more, got 0"),
        ({"fraction": 0.0}, "fraction must be above 0 and at most 1, got 0.0"),
        ({"fraction": 1.5}, "fraction must be above 0 and at most 1, got 1.5"),
        ({"fraction": float("nan")}, "fraction must be above 0 and at most 1, got nan"),
    ],
)
def test_what_cannot_be_is_refused(given: dict, message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        Sampling(**given)
    assert str(caught.value) == message
