"""A space as plain data: the values of each hyperparameter, and how many choices there are; Keras Tuner says which."""

from __future__ import annotations

import json
from typing import Any

import keras_tuner
import pytest

from zoo.interfaces.spaces import Space
from zoo.models.hyperparameters import declare
from zoo.models.joint_space import join
from zoo.models.space import read, restore


def size_of(*calls: tuple[str, tuple[Any, ...], dict[str, Any]]) -> int | None:
    hp = keras_tuner.HyperParameters()
    for kind, arguments, options in calls:
        getattr(hp, kind)(*arguments, **options)
    return combinations(hp)


def combinations(hp: keras_tuner.HyperParameters) -> int | None:
    return read(hp).combinations()


@pytest.mark.parametrize(
    ("kind", "arguments", "options", "size"),
    [
        ("Fixed", ("a", 7), {}, 1),
        ("Boolean", ("a",), {}, 2),
        ("Choice", ("a", ["x", "y", "z"]), {}, 3),
        ("Choice", ("a", [1, 2, 2]), {}, 2),
        ("Int", ("a", 1, 10), {}, 10),
        ("Int", ("a", 8, 64), {"step": 8}, 8),
        ("Int", ("a", 6, 13), {"step": 3}, 3),
        ("Int", ("a", 8, 64), {"sampling": "log"}, 57),
        ("Int", ("a", 2, 32), {"sampling": "log", "step": 2}, 5),
        ("Int", ("a", 1, 10**12), {}, 10**12),
        ("Float", ("a", 0.0, 1.0), {"step": 0.25}, 5),
        ("Float", ("a", 1e-3, 10.0), {"sampling": "log", "step": 10}, 5),
        ("Float", ("a", 0.5, 0.5), {}, 1),
        ("Float", ("a", 0.0, 1.0), {}, None),
    ],
)
def test_size_of_one_hyperparameter(
    kind: str, arguments: tuple[Any, ...], options: dict[str, Any], size: int | None
) -> None:
    assert size_of((kind, arguments, options)) == size


@pytest.mark.parametrize(
    "options", [{"step": 0.1}, {"step": 0.125}, {"step": 10, "sampling": "log"}], ids=str
)
def test_the_values_of_a_float_are_those_that_keras_tuner_can_draw(options: dict[str, Any]) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("a", 1e-3, 0.5, **options)
    drawn = {hp.space[0].prob_to_value(place / 1000) for place in range(1000)}
    assert set(read(hp).hyperparameters[0].domain or ()) == drawn


def test_an_empty_space_has_one_choice() -> None:
    assert combinations(keras_tuner.HyperParameters()) == 1


def test_hyperparameters_without_conditions_multiply() -> None:
    assert size_of(("Boolean", ("a",), {}), ("Int", ("b", 1, 5), {}), ("Fixed", ("c", 1), {})) == 10


def nested() -> keras_tuner.HyperParameters:
    """thin: 1; wide without: 1; wide with: 4; deep: 3; so 9; times 2."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["thin", "wide", "deep"])
    hp.Boolean("pool")
    with hp.conditional_scope("kind", ["wide"]):
        hp.Boolean("projected")
        with hp.conditional_scope("projected", [True]):
            hp.Int("size", 1, 4)
    with hp.conditional_scope("kind", ["deep"]):
        hp.Int("depth", 1, 3)
    return hp


def test_only_active_hyperparameters_count() -> None:
    assert combinations(nested()) == 18


def test_the_choices_of_several_architectures_add_up() -> None:
    assert combinations(join({"a": nested(), "b": nested(), "c": keras_tuner.HyperParameters()})) == 37


def test_zoos_own_multiply_the_points_of_the_architectures() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("pooling", ["avg", "max"])
    hp.Int("width", 1, 3)
    assert combinations(join({"a": hp, "b": hp})) == 12


def test_values_that_no_condition_mentions_are_counted() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Int("blocks", 1, 1000)
    with hp.conditional_scope("blocks", [2, 3]):
        hp.Int("size", 1, 5)
    assert combinations(hp) == 998 + 2 * 5


def test_a_condition_on_a_value_outside_the_range_has_no_effect() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Int("blocks", 1, 3)
    with hp.conditional_scope("blocks", [7]):
        hp.Int("size", 1, 5)
    assert combinations(hp) == 3


def test_a_fixed_parent_switches_its_children_on_or_off() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("plan", "")
    with hp.conditional_scope("plan", [""]):
        hp.Int("blocks", 1, 5)
    with hp.conditional_scope("plan", ["other"]):
        hp.Int("depth", 1, 7)
    assert combinations(hp) == 5


def test_one_name_that_stands_for_several_that_exclude_each_other() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["thin", "wide"])
    with hp.conditional_scope("kind", ["thin"]):
        hp.Int("size", 1, 2)
    with hp.conditional_scope("kind", ["wide"]):
        hp.Int("size", 1, 30)
    assert combinations(hp) == 32


def test_a_name_that_is_declared_again_while_it_has_a_value_counts_twice() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Int("size", 1, 2)
    hp.Choice("kind", ["thin", "wide"])
    with hp.conditional_scope("kind", ["wide"]):
        hp.Int("size", 1, 30)
    assert combinations(hp) == 2 * (1 + 30)  # at most: the second declaration has no effect


def test_of_conditions_beside_each_other_the_last_one_counts() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Boolean("a")
    hp.Boolean("b")
    with hp.conditional_scope("b", [True]):
        hp.Int("size", 1, 5)
    entries = hp.get_config()["space"]
    entries[2]["config"]["conditions"].append(
        {"class_name": "Parent", "config": {"name": "a", "values": [True]}}
    )
    assert combinations(restore({"space": entries, "values": {}})) == 2 * (1 + 5)  # at most: 3 + 5 differ


def test_a_continuous_hyperparameter_has_endlessly_many_values() -> None:
    hp = nested()
    declare(hp)
    assert combinations(hp) is None


def test_a_continuous_hyperparameter_that_can_never_have_an_effect_does_not_count() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("plan", "")
    with hp.conditional_scope("plan", ["other"]):
        hp.Float("rate", 0.0, 1.0)
    hp.Boolean("pool")
    assert combinations(hp) == 2


def test_a_continuous_hyperparameter_of_one_branch_makes_the_space_endless() -> None:
    hp = nested()
    with hp.conditional_scope("kind", ["deep"]):
        hp.Float("rate", 0.0, 1.0)
    assert combinations(hp) is None


def test_many_parents_beside_each_other_are_not_enumerated() -> None:
    """2^60 combinations of the parents would never end."""
    hp = keras_tuner.HyperParameters()
    for number in range(60):
        hp.Boolean(f"on{number}")
        with hp.conditional_scope(f"on{number}", [True]):
            hp.Int(f"size{number}", 1, 4)
    assert combinations(hp) == 5**60


def test_a_space_within_an_architecture_is_not_enumerated() -> None:
    def many() -> keras_tuner.HyperParameters:
        hp = keras_tuner.HyperParameters()
        for number in range(30):
            hp.Boolean(f"on{number}")
            with hp.conditional_scope(f"on{number}", [True]):
                hp.Boolean(f"twice{number}")
        return hp

    assert combinations(join({"a": many(), "b": many()})) == 2 * 3**30


def every_kind() -> keras_tuner.HyperParameters:
    hp = nested()
    hp.Fixed("optimizer", "adam")
    hp.Choice("layers", [1, 2, 4], default=2, ordered=False)
    hp.Int("width", 8, 64, step=8, default=16)
    hp.Int("units", 2, 32, step=2, sampling="log")
    hp.Float("dropout", 0.0, 0.5, step=0.1)
    hp.Float("rate", 1e-4, 1e-2, sampling="log")
    hp.Float("momentum", 0.8, 0.99, sampling="reverse_log")
    return hp


def test_a_space_that_is_written_and_read_is_the_same() -> None:
    space = read(every_kind())
    assert Space.from_config(json.loads(json.dumps(space.to_config()))) == space


def test_keras_tuner_samples_a_written_space_like_its_own() -> None:
    def drawn(hp: keras_tuner.HyperParameters) -> list[list[Any]]:
        return [[hyperparameter.random_sample(seed) for seed in range(20)] for hyperparameter in hp.space]

    hp = every_kind()
    written = restore(read(hp).to_config())
    assert drawn(written) == drawn(hp)
    assert [hyperparameter.default for hyperparameter in written.space] == [
        hyperparameter.default for hyperparameter in hp.space
    ]
    assert [hyperparameter.get_config()["conditions"] for hyperparameter in written.space] == [
        hyperparameter.get_config()["conditions"] for hyperparameter in hp.space
    ]


def test_a_default_that_nobody_gave_is_the_first_value() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Int("width", 3, 8)
    hp.Choice("kind", ["b", "a"])
    assert [hyperparameter.default for hyperparameter in read(hp).hyperparameters] == [3, "b"]


def test_a_condition_on_a_fixed_value_is_left_out_where_it_is_met() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("plan", "")
    hp.Boolean("on")
    for name, plan in (("blocks", ""), ("depth", "other")):
        with hp.conditional_scope("plan", [plan]):
            hp.Int(name, 1, 5)
    conditions = {
        hyperparameter.name: [each.name for each in hyperparameter.conditions]
        for hyperparameter in read(hp).without_met_conditions().hyperparameters
    }
    assert conditions == {"plan": [], "on": [], "blocks": [], "depth": ["plan"]}
