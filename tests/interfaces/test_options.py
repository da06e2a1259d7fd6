"""The options of a training check themselves, and survive JSON."""

from __future__ import annotations

import json

import pytest

from zoo.errors import HyperparameterError
from zoo.interfaces import FeatureOptions, Sampling, TrainingOptions


@pytest.mark.parametrize(
    ("values", "message"),
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
def test_a_sampling_that_cannot_be_is_refused(values: dict, message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        Sampling(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"mode": "maybe"},
            "activations are cached auto or on or off as float32 or float16, got 'maybe' and 'float32'",
        ),
        (
            {"dtype": "int8"},
            "activations are cached auto or on or off as float32 or float16, got 'auto' and 'int8'",
        ),
        ({"copies": 0}, "augmented copies of an image must be 1 or more, got 0"),
    ],
)
def test_a_cache_of_activations_that_cannot_be_is_refused(values: dict, message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        FeatureOptions(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "options",
    [
        TrainingOptions(),
        TrainingOptions(
            epochs=3,
            seed=7,
            patience=2,
            image_size=32,
            sampling=Sampling(class_weights="balanced", steps_per_epoch=5, fraction=0.25),
            features=FeatureOptions("on", "float16", 2),
        ),
    ],
    ids=["usual", "all set"],
)
def test_options_survive_json(options: TrainingOptions) -> None:
    assert TrainingOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.parametrize("fraction", [1e-9, 1.0])
def test_the_ends_of_the_range_of_a_fraction_are_allowed(fraction: float) -> None:
    assert Sampling(fraction=fraction).fraction == fraction
