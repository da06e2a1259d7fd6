"""zoo's own hyperparameters: how text becomes a value, and which values are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras_tuner
import pytest

from zoo.errors import HyperparameterError
from zoo.models.hyperparameters import OWN, declare, hidden_units

if TYPE_CHECKING:
    from zoo.interfaces import HyperparameterValue


@pytest.mark.parametrize("name", OWN)
def test_a_default_is_in_its_own_range(name: str) -> None:
    assert OWN[name].check(OWN[name].default) == OWN[name].default


@pytest.mark.parametrize("name", OWN)
def test_a_default_given_as_text_is_the_same_value(name: str) -> None:
    checked = OWN[name].check(str(OWN[name].default))
    assert (checked, type(checked)) == (OWN[name].default, type(OWN[name].default))


@pytest.mark.parametrize("name", OWN)
def test_all_are_declared_with_their_defaults(name: str) -> None:
    hp = keras_tuner.HyperParameters()
    declare(hp)
    assert hp.get(name) == OWN[name].default


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("optimizer", "rmsprop", "rmsprop"),
        ("learning_rate", "1e-2", 0.01),
        ("learning_rate", 10, 10.0),
        ("schedule", "cosine", "cosine"),
        ("weight_decay", "0", 0.0),
        ("batch_size", "128", 128),
        ("batch_size", 1, 1),
        ("pooling", "flatten", "flatten"),
        ("head_units", "256,128", "256,128"),
        ("head_units", " 256, 128", "256,128"),
        ("head_units", 64, "64"),
        ("dropout", "0.5", 0.5),
        ("output", "sigmoid", "sigmoid"),
        ("label_smoothing", "0.1", 0.1),
        ("augmentation", "classic", "classic"),
    ],
)
def test_a_value_is_parsed(name: str, text: HyperparameterValue, value: HyperparameterValue) -> None:
    checked = OWN[name].check(text)
    assert (checked, type(checked)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer", "sgdd"),
        ("optimizer", "SGD"),
        ("learning_rate", "0"),
        ("learning_rate", "11"),
        ("learning_rate", "nan"),
        ("learning_rate", "quick"),
        ("learning_rate", "1_0"),
        ("learning_rate", " 1"),
        ("learning_rate", "١"),
        ("schedule", "linear"),
        ("weight_decay", "-0.1"),
        ("weight_decay", "1"),
        ("batch_size", "0"),
        ("batch_size", "65537"),
        ("batch_size", "3.5"),
        ("batch_size", "3_2"),
        ("batch_size", "1e1"),
        ("batch_size", 32.0),
        ("batch_size", True),
        ("pooling", "mean"),
        ("head_units", ""),
        ("head_units", "64,"),
        ("head_units", "64,0"),
        ("head_units", "6_4"),
        ("head_units", "-1"),
        ("head_units", "16385"),
        ("dropout", "1"),
        ("dropout", "-0.1"),
        ("output", "linear"),
        ("label_smoothing", "1.0"),
        ("augmentation", "heavy"),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: HyperparameterValue) -> None:
    with pytest.raises(HyperparameterError, match=f"^{name} must be .*, got '{value}'$"):
        OWN[name].check(value)


def test_the_message_names_the_range() -> None:
    with pytest.raises(
        HyperparameterError, match="batch_size must be a whole number from 1 to 65536, got 'x'"
    ):
        OWN["batch_size"].check("x")


@pytest.mark.parametrize(("text", "units"), [("0", []), ("128", [128]), ("256,128", [256, 128])])
def test_hidden_units(text: str, units: list[int]) -> None:
    assert hidden_units(text) == units
