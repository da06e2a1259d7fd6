"""The choices of a search, read from its stored space and compared with Keras Tuner's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from zoo.errors import SearchError
from zoo.interfaces.spaces import Searched, Space, searched

if TYPE_CHECKING:
    from keras_tuner import HyperParameters


@pytest.fixture(scope="module")
def hp() -> HyperParameters:
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["small", "large"])
    with hp.conditional_scope("kind", ["small"]):
        hp.Int("width", 1, 4, default=2)
    with hp.conditional_scope("kind", ["large"]):
        hp.Int("width", 8, 16, default=8)
    hp.Float("rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    hp.Float("momentum", 0.8, 0.99, sampling="reverse_log", default=0.9)
    hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2)
    hp.Boolean("norm", default=True)
    hp.Fixed("optimizer", "adam")
    hp.Choice("only", [3])
    return hp


@pytest.fixture(scope="module")
def axes(hp: HyperParameters) -> dict[str, Searched]:
    return {axis.name: axis for axis in searched(json.loads(json.dumps(hp.get_config())))}


def test_a_hyperparameter_of_one_value_is_not_searched(axes: dict[str, Searched]) -> None:
    assert list(axes) == ["kind", "width", "rate", "momentum", "dropout", "norm"]


def test_declared_twice_has_the_values_of_both(axes: dict[str, Searched]) -> None:
    assert axes["width"] == Searched("width", 2, low=1, high=16, whole=True)


def test_choices(axes: dict[str, Searched]) -> None:
    assert (axes["kind"].choices, axes["norm"].choices) == (("small", "large"), (False, True))


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", 0.0001), ("rate", 0.002), ("rate", 0.01), ("momentum", 0.8), ("momentum", 0.95)],
)
def test_a_number_is_where_keras_tuner_has_it(
    hp: HyperParameters, axes: dict[str, Searched], name: str, value: float
) -> None:
    (declared,) = [hyperparameter for hyperparameter in hp.space if hyperparameter.name == name]
    assert axes[name].place(value) == pytest.approx(declared.value_to_prob(value), abs=1e-6)


def test_a_choice_is_at_its_number(axes: dict[str, Searched]) -> None:
    assert [axes["kind"].place("large"), axes["norm"].place(False)] == [1, 0]


@pytest.mark.parametrize(("name", "value"), [("kind", None), ("kind", "huge"), ("rate", None), ("rate", 7.0)])
def test_a_value_outside_the_space_has_no_position(
    axes: dict[str, Searched], name: str, value: object
) -> None:
    assert axes[name].place(value) is None


@pytest.mark.parametrize("config", [{}, {"space": 5}, {"space": [5]}, {"space": [{"class_name": "Int"}]}])
def test_a_damaged_space_is_refused_in_one_line(config: dict) -> None:
    with pytest.raises(
        SearchError, match=r"^the space of the search is damaged \(\w+: .*start a new search$"
    ):
        Space.from_config(config)
