"""Spaces of several architectures: joined, taken apart, and searched by every algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import pytest
from keras_tuner.engine.trial import TrialStatus
from threadpoolctl import threadpool_limits

from tests.plans import SEARCH_PLAN, candidates, changed
from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.models.hyperparameters import OWN, declare
from zoo.models.joint_space import fix_each, from_joint, join, options_for, to_joint
from zoo.models.space import choose, fill_in, fix
from zoo.search.oracles import make_oracle

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("plain", "deep")


def plain_space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Int("width", 1, 3, default=2)
    hp.Fixed("plan", "")
    declare(hp)
    return hp


def deep_space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["thin", "wide"])
    with hp.conditional_scope("kind", ["wide"]):
        hp.Boolean("projected")
        with hp.conditional_scope("projected", [True]):
            hp.Int("width", 1, 9, default=4)
    hp.Int("depth", 1, 3)
    declare(hp)
    return hp


def spaces() -> dict[str, keras_tuner.HyperParameters]:
    return {"plain": plain_space(), "deep": deep_space()}


def find(space: keras_tuner.HyperParameters, name: str) -> Any:
    (declaration,) = (hp for hp in space.space if hp.name == name)
    return declaration


def conditions(space: keras_tuner.HyperParameters, name: str) -> list[tuple[str, list[Any]]]:
    return [(condition.name, condition.values) for condition in find(space, name).conditions]


# join ------------------------------------------------------------------------------------------------------


def test_a_joint_space_has_each_architectures_subspace_and_zoos_own_once() -> None:
    assert [hp.name for hp in join(spaces()).space] == [
        "architecture",
        *OWN,
        "plain/width",
        "plain/plan",
        "deep/kind",
        "deep/projected",
        "deep/width",
        "deep/depth",
    ]


def test_the_first_architecture_is_the_default_of_a_choice_in_the_order_of_the_names() -> None:
    architecture = find(join(spaces()), "architecture")
    assert (architecture.values, architecture.default) == (["plain", "deep"], "plain")


def test_an_architectures_conditions_come_after_that_of_the_architecture() -> None:
    assert conditions(join(spaces()), "deep/width") == [
        ("architecture", ["deep"]),
        ("deep/kind", ["wide"]),
        ("deep/projected", [True]),
    ]


def test_a_fixed_value_stays_fixed() -> None:
    joint = join(spaces())
    assert {type(find(joint, name)).__name__ for name in ("plain/plan", "optimizer")} == {"Fixed"}


def test_ranges_and_defaults_stay() -> None:
    width = find(join(spaces()), "plain/width").get_config()
    assert (width["min_value"], width["max_value"], width["default"]) == (1, 3, 2)


def test_one_of_zoos_own_that_is_not_declared_alike_belongs_to_each_architecture() -> None:
    joint = join({"plain": fix(plain_space(), {"dropout": 0.1}), "deep": deep_space()})
    assert conditions(joint, "plain/dropout") == [("architecture", ["plain"])]
    assert conditions(joint, "deep/dropout") == [("architecture", ["deep"])]
    assert "dropout" not in {hp.name for hp in joint.space}


def test_one_of_zoos_own_under_a_condition_is_not_shared() -> None:
    def conditional() -> keras_tuner.HyperParameters:
        hp = keras_tuner.HyperParameters()
        hp.Boolean("kind")
        with hp.conditional_scope("kind", [True]):
            hp.Float("dropout", 0.0, 0.5)
        return hp

    names = [hp.name for hp in join({"plain": conditional(), "deep": conditional()}).space]
    assert names == ["architecture", "plain/kind", "plain/dropout", "deep/kind", "deep/dropout"]


def test_an_architectures_own_hyperparameter_is_not_shared_even_if_it_is_alike() -> None:
    joint = join({"plain": plain_space(), "other": plain_space()})
    assert {"plain/width", "other/width"} <= {hp.name for hp in joint.space}


def test_the_space_of_a_single_architecture_is_unchanged() -> None:
    space = deep_space()
    assert join({"deep": space}) is space


def test_joining_leaves_the_spaces_as_they_were() -> None:
    each = spaces()
    join(each)
    assert {name: space.get_config() for name, space in each.items()} == {
        name: space.get_config() for name, space in spaces().items()
    }


def test_a_joint_space_has_values_for_active_hyperparameters_only() -> None:
    joint = join(spaces())
    assert joint.values == choose(joint, {}).values


def test_the_defaults_of_a_joint_space_are_those_of_the_first_architecture() -> None:
    expected = {"architecture": "plain", "plain/width": 2, "plain/plan": ""}
    assert choose(join(spaces()), {}).values == expected | {name: own.default for name, own in OWN.items()}


# part and whole --------------------------------------------------------------------------------------------


def test_from_joint_returns_the_architecture_and_plain_names() -> None:
    values = {"architecture": "deep", "deep/kind": "thin", "deep/block/size": 2, "dropout": 0.1}
    assert from_joint(values, NAMES) == ("deep", {"kind": "thin", "block/size": 2, "dropout": 0.1})


@pytest.mark.parametrize("architectures", [NAMES, ("deep",)])
def test_part_leaves_keras_tuners_own_names_out(architectures: tuple[str, ...]) -> None:
    values = {"architecture": "deep"} if len(architectures) > 1 else {}
    assert from_joint(values | {"tuner/epochs": 3}, architectures) == ("deep", {})


def test_from_joint_of_a_single_architecture_returns_the_values_as_they_are() -> None:
    assert from_joint({"kind": "thin", "deep/kind": "x"}, ("deep",)) == (
        "deep",
        {"kind": "thin", "deep/kind": "x"},
    )


def test_to_joint_is_the_inverse_of_from_joint() -> None:
    values = choose(join(spaces()), {"architecture": "deep", "deep/kind": "wide"}).values
    assert to_joint(*from_joint(values, NAMES), NAMES) == values


def test_to_joint_of_a_single_architecture_returns_the_values_as_they_are() -> None:
    assert to_joint("deep", {"kind": "thin"}, ("deep",)) == {"kind": "thin"}


# fix_each --------------------------------------------------------------------------------------------------


def fixed_in(
    values: Mapping[str, Any], each: dict[str, keras_tuner.HyperParameters] | None = None
) -> dict[str, Any]:
    """Return the hyperparameters that were fixed, by their names in the joint space."""
    each = each or spaces()
    fixed, _ = fix_each(each, values)
    before = {hp.name: hp.get_config() for hp in join(each).space}
    return {hp.name: hp.value for hp in join(fixed).space if before.get(hp.name) != hp.get_config()}


def test_a_plain_name_is_fixed_in_each_architecture_that_declares_it() -> None:
    assert fixed_in({"width": "3"}) == {"plain/width": 3, "deep/width": 3}


def test_a_plain_name_leaves_architectures_alone_that_do_not_declare_it() -> None:
    assert fixed_in({"depth": 2}) == {"deep/depth": 2}


def test_a_prefixed_name_is_fixed_in_its_architecture_alone() -> None:
    assert fixed_in({"deep/width": 3}) == {"deep/width": 3}


def test_a_prefixed_name_goes_before_a_plain_one() -> None:
    assert fixed_in({"plain/width": 1, "width": 3}) == {"plain/width": 1, "deep/width": 3}


def test_one_of_zoos_own_fixed_everywhere_is_still_shared() -> None:
    assert fixed_in({"dropout": 0.1}) == {"dropout": 0.1}


def test_a_prefixed_name_is_understood_with_a_single_architecture() -> None:
    assert fixed_in({"deep/depth": 2}, {"deep": deep_space()}) == {"depth": 2}


@pytest.mark.parametrize(
    ("values", "fixed"),
    [
        ({"width": 3}, {"plain/width": 3, "deep/width": 3}),
        ({"dropout": 0.1}, {"dropout": 0.1}),
        ({"dropout": 0.1, "deep/dropout": 0.2}, {"plain/dropout": 0.1, "deep/dropout": 0.2}),
        ({}, {}),
    ],
)
def test_fixed_values_are_reported_by_names_of_the_joint_space(
    values: dict[str, float], fixed: dict[str, float]
) -> None:
    assert fix_each(spaces(), values)[1] == fixed


def test_fixed_values_of_a_single_architecture_are_reported_by_plain_names() -> None:
    assert fix_each({"deep": deep_space()}, {"deep/depth": "2", "dropout": 0.1})[1] == {
        "depth": 2,
        "dropout": 0.1,
    }


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("widht", "unknown hyperparameter 'widht': did you mean 'width'?"),
        ("deep/dept", "unknown hyperparameter 'deep/dept': did you mean 'deep/depth'?"),
        ("plain/depth", "unknown hyperparameter 'plain/depth': did you mean .*"),
        ("other/depth", "unknown hyperparameter 'other/depth': did you mean 'depth'.*"),
    ],
)
def test_a_name_that_no_architecture_declares_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(UnknownNameError, match=complaint):
        fix_each(spaces(), {name: 1})


def test_a_value_out_of_range_names_the_architecture_that_refuses_it() -> None:
    with pytest.raises(
        HyperparameterError,
        match=r"^architecture 'plain': width must be a whole number from 1 to 3, got '5'$",
    ):
        fix_each(spaces(), {"width": 5})


def test_a_value_out_of_range_of_a_single_architecture_is_reported_without_its_name() -> None:
    with pytest.raises(HyperparameterError, match=r"^depth must be a whole number from 1 to 3, got '5'$"):
        fix_each({"deep": deep_space()}, {"depth": 5})


def test_options_for_leaves_out_prefixed_options_for_others_only() -> None:
    values = {"depth": 1, "deep/depth": 2, "plain/width": 3}
    assert options_for("deep", values) == {"depth": 2, "plain/width": 3}


# every algorithm -------------------------------------------------------------------------------------------


def small_joint_space() -> keras_tuner.HyperParameters:
    """3 points of `plain` and 2 · (1 + 1 + 2) of `deep`, each with 2 poolings: 22 in all."""
    plain = keras_tuner.HyperParameters()
    plain.Int("width", 1, 3, default=2)
    deep = keras_tuner.HyperParameters()
    deep.Choice("kind", ["thin", "wide"])
    with deep.conditional_scope("kind", ["wide"]):
        deep.Boolean("projected")
        with deep.conditional_scope("projected", [True]):
            deep.Int("width", 1, 2)
    deep.Int("depth", 1, 2)
    for hp in (plain, deep):
        hp.Choice("pooling", ["avg", "max"])
        hp.Fixed("optimizer", "adam")
    return join({"plain": plain, "deep": deep})


POINTS = [
    {"architecture": architecture, "optimizer": "adam", "pooling": pooling, **rest}
    for pooling in ("avg", "max")
    for architecture, rest in [
        *(("plain", {"plain/width": width}) for width in (1, 2, 3)),
        *(
            ("deep", {"deep/depth": depth, **kind})
            for depth in (1, 2)
            for kind in (
                {"deep/kind": "thin"},
                {"deep/kind": "wide", "deep/projected": False},
                {"deep/kind": "wide", "deep/projected": True, "deep/width": 1},
                {"deep/kind": "wide", "deep/projected": True, "deep/width": 2},
            )
        ),
    ]
]


def choices_of(algorithm: str, trials: int) -> list[dict[str, Any]]:
    """Return the values that the algorithm chooses, trial by trial, without Keras Tuner's own names."""
    plan = changed(
        SEARCH_PLAN,
        candidates=candidates("plain", "deep"),
        algorithm=algorithm,
        trials=trials,
        epochs=9,
        space=small_joint_space().get_config(),
    )
    oracle = make_oracle(plan)
    chosen = []
    while (trial := oracle.create_trial("one")).status == TrialStatus.RUNNING:
        values = dict(trial.hyperparameters.values)
        chosen.append({name: value for name, value in values.items() if not name.startswith("tuner/")})
        scores = {"val_accuracy": 0.5 + 0.01 * len(values) - 0.001 * len(chosen)}
        oracle.scores[trial.trial_id] = scores
        oracle.update_trial(trial.trial_id, scores)
        trial.status = TrialStatus.COMPLETED
        oracle.end_trial(trial)
    return chosen


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_chooses_values_for_active_hyperparameters_only(algorithm: str) -> None:
    with threadpool_limits(1):  # Bayesian search multiplies matrices that are too small for several threads
        chosen = choices_of(algorithm, 4 if algorithm == "bayesian" else 12)
    assert [values for values in chosen if values not in POINTS] == []


@pytest.mark.parametrize("algorithm", ["random", "hyperband", "tpe"])
def test_an_algorithm_tries_every_architecture(algorithm: str) -> None:
    assert {values["architecture"] for values in choices_of(algorithm, 12)} == {"plain", "deep"}


def test_grid_search_goes_through_the_union_of_the_subspaces_once() -> None:
    chosen = choices_of("grid", 100)
    assert len(chosen) == len(POINTS)
    assert all(point in chosen for point in POINTS)


def test_filling_in_a_joint_choice_drops_inactive_hyperparameters() -> None:
    hp = small_joint_space()
    hp.values = {"architecture": "deep", "plain/width": 3}
    fill_in(hp)
    assert hp.values in POINTS
