"""The space of a search of fine-tunings."""

from __future__ import annotations

from typing import Any

import keras_tuner
import pytest
from keras_tuner.engine.hyperparameters import Fixed

from zoo.models.hyperparameters import OWN
from zoo.models.schedules import declare_schedules, freeze_depths
from zoo.models.space import choose, fix

BACKBONE = {"head_epochs", "unfreeze_epochs", "layer_decay", "batchnorm"}


def declared(
    depths: list[str], epochs: int = 9, *, new_head: bool = False, batchnorm: bool = True
) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    declare_schedules(hp, depths, epochs, new_head=new_head, batchnorm=batchnorm)
    return hp


def searched(hp: keras_tuner.HyperParameters) -> set[str]:
    return {declaration.name for declaration in hp.space if not isinstance(declaration, Fixed)}


def values_of(hp: keras_tuner.HyperParameters, name: str) -> list[Any]:
    (match,) = (declaration for declaration in hp.space if declaration.name == name)
    return list(match.values)


@pytest.mark.parametrize(
    ("points", "depths"),
    [
        ((), ["all", "none"]),
        (("only",), ["all", "none"]),
        (("front", "back"), ["all", "front", "none"]),
        (("a", "b", "c", "d", "e"), ["all", "d", "c", "b", "a", "none"]),
        (tuple("abcdefgh"), ["all", "g", "e", "c", "a", "none"]),
    ],
)
def test_the_depths_are_some_of_the_freeze_points(points: tuple[str, ...], depths: list[str]) -> None:
    """The last point is all that there is before the head."""
    assert freeze_depths(points) == depths


def test_all_of_a_schedule_is_searched() -> None:
    assert searched(declared(["all", "none"])) == {
        "freeze",
        "learning_rate",
        "schedule",
        "warmup_epochs",
        *BACKBONE,
    }


def test_a_new_head_is_searched_too() -> None:
    with_head, without = declared(["all"], new_head=True), declared(["all"])
    assert searched(with_head) - searched(without) == {"head_units", "dropout"}


def test_the_defaults_are_those_of_a_fine_tuning_with_all_frozen() -> None:
    values = choose(declared(["all", "none"], new_head=True), {"freeze": "none"}).values
    assert values == {**{name: OWN[name].default for name in values}, "freeze": "none"}
    assert choose(declared(["all", "none"]), {}).get("freeze") == "all"


def test_where_all_is_frozen_nothing_is_chosen_for_the_backbone() -> None:
    space = declared(["all", "front", "none"])
    chosen = {depth: set(choose(space, {"freeze": depth}).values) for depth in ("all", "front", "none")}
    assert chosen["front"] == chosen["none"] == chosen["all"] | BACKBONE
    assert not chosen["all"] & BACKBONE


@pytest.mark.parametrize(("depth", "chosen"), [("all", set()), ("7", BACKBONE), ("50%", BACKBONE)])
def test_a_fixed_depth_has_its_own_choices(depth: str, chosen: set[str]) -> None:
    space = fix(declared([depth]), {"freeze": depth})
    assert "freeze" not in searched(space)
    assert set(choose(space, {}).values) & BACKBONE == chosen


@pytest.mark.parametrize(("epochs", "head_epochs"), [(3, 1), (10, 3), (30, 10)])
def test_the_head_may_train_alone_for_a_third_of_the_epochs(epochs: int, head_epochs: int) -> None:
    assert values_of(declared(["none"], epochs), "head_epochs") == [0, head_epochs]


@pytest.mark.parametrize("epochs", [1, 2])
def test_few_epochs_have_no_phases(epochs: int) -> None:
    left = searched(declared(["none"], epochs))
    assert not left & {"head_epochs", "unfreeze_epochs", "warmup_epochs"}


def test_a_network_without_batchnorm_is_not_searched_for_it() -> None:
    assert "batchnorm" not in searched(declared(["none"], batchnorm=False))


@pytest.mark.parametrize("name", sorted(BACKBONE | {"schedule", "warmup_epochs"}))
def test_every_choice_is_a_value_that_is_allowed(name: str) -> None:
    values = values_of(declared(["none"]), name)
    assert [OWN[name].check(value) for value in values] == values
