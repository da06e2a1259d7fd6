"""Search spaces: found, checked, fixed and filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zoo.errors import HyperparameterError, UnknownNameError
from zoo.models.exploration import explore
from zoo.models.hyperparameters import declare
from zoo.models.space import check, choose, fill_in, fix, restore

if TYPE_CHECKING:
    import keras_tuner


def build_one_scope(hp: Any) -> None:
    hp.Choice("kind", ["plain", "residual"])
    with hp.conditional_scope("kind", ["residual"]):
        hp.Int("size", 1, 3)


def build_nested(hp: Any) -> None:
    """A condition within a condition, and two values of one parent."""
    kind = hp.Choice("kind", ["plain", "residual", "dense"])
    with hp.conditional_scope("kind", ["residual"]):
        projected = hp.Boolean("projected")
        with hp.conditional_scope("projected", [True]):
            if kind == "residual" and projected:
                hp.Int("size", 1, 3)
    with hp.conditional_scope("kind", ["dense"]):
        hp.Float("growth", 0.5, 2.0)
    hp.Fixed("plan", "")
    hp.Fixed("repeats", 2)
    hp.Fixed("biased", value=False)
    hp.Choice("kernel", [3, 5])
    declare(hp)


@pytest.fixture(scope="module")
def space() -> keras_tuner.HyperParameters:
    return explore(build_nested)


# explore ---------------------------------------------------------------------------------------------------


def test_explore_finds_declarations_in_an_inactive_scope() -> None:
    assert [hp.name for hp in explore(build_one_scope).space] == ["kind", "size"]


def test_explore_finds_conditions_within_conditions(space: keras_tuner.HyperParameters) -> None:
    assert {"kind", "projected", "size", "growth"} <= {hp.name for hp in space.space}


def test_explore_ends_where_a_condition_can_never_be_met() -> None:
    def impossible(hp: Any) -> None:
        hp.Choice("kind", ["plain"])
        with hp.conditional_scope("kind", ["residual"]):
            hp.Int("size", 1, 3)

    assert "kind" in {hp.name for hp in explore(impossible).space}


def test_explore_knows_the_conditions(space: keras_tuner.HyperParameters) -> None:
    (growth,) = (hp for hp in space.space if hp.name == "growth")
    assert [(condition.name, condition.values) for condition in growth.conditions] == [("kind", ["dense"])]


def build_by_handle(hp: Any) -> None:
    """Has nothing to build without a handle, as an architecture that reads a module from a folder."""
    if not hp.Fixed("handle", ""):
        raise HyperparameterError("handle is missing")
    hp.Choice("kernel", [3, 5])
    declare(hp)


def test_explore_passes_options_to_a_build_that_needs_them() -> None:
    assert {"handle", "kernel"} <= {hp.name for hp in explore(build_by_handle, {"handle": "here"}).space}


def test_explore_without_its_options_lets_the_build_complain() -> None:
    with pytest.raises(HyperparameterError, match="handle is missing"):
        explore(build_by_handle)


def test_options_do_not_change_the_space() -> None:
    (plain,) = (hp for hp in explore(build_nested, {"plan": "x"}).space if hp.name == "plan")
    assert plain.default == ""


def test_options_come_in_their_right_type() -> None:
    observed = []
    explore(
        lambda hp: observed.append((hp.Fixed("repeats", 2), hp.Fixed("biased", value=False))),
        {"repeats": "7", "biased": "TRUE"},
    )
    assert observed == [(7, True)]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"repeats": "many"}, "repeats must be a int, got 'many'"),
        ({"biased": "2"}, "biased must be a bool, got '2'"),
    ],
)
def test_explore_refuses_an_option_of_the_wrong_type(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(HyperparameterError, match=complaint):
        explore(build_nested, options)


@pytest.mark.parametrize(
    "options", [{"kernel": 99}, {"no-such": 1}, {"freeze": "block9", "batch_size": "none"}, {"dropout": -1}]
)
def test_explore_ignores_options_that_the_build_does_not_have(options: dict[str, Any]) -> None:
    """They are checked once the space is known."""
    assert explore(build_nested, options).get_config() == explore(build_nested).get_config()


def test_explore_finds_hyperparameters_that_options_activate() -> None:
    def planned(hp: Any) -> None:
        hp.Fixed("plan", "")
        with hp.conditional_scope("plan", ["deep"]):
            hp.Int("depth", 1, 3)
        with hp.conditional_scope("plan", [""]):
            hp.Int("width", 1, 3)

    space = explore(planned, {"plan": "deep"})
    assert [hp.name for hp in space.space] == ["plan", "depth", "width"]
    assert "depth" in choose(space, {"plan": "deep"}).values


def test_an_option_stays_while_conditions_are_tried() -> None:
    """A second build, which a condition needs, gets the option too."""
    observed = []

    def conditional(hp: Any) -> None:
        observed.append((hp.Fixed("handle", ""), hp.Choice("kind", ["plain", "residual"])))
        with hp.conditional_scope("kind", ["residual"]):
            hp.Int("size", 1, 3)

    explore(conditional, {"handle": "here"})
    assert observed == [("here", "plain"), ("here", "residual"), ("here", "residual")]  # and the largest size


# check -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("kind", "residual", "residual"),
        ("kind", "RESIDUAL", "residual"),
        ("projected", "true", True),
        ("projected", "False", False),
        ("projected", True, True),
        ("size", "2", 2),
        ("size", 3, 3),
        ("growth", "1", 1.0),
        ("growth", 0.5, 0.5),
        ("kernel", "5", 5),
        ("plan", "6x3/2", "6x3/2"),
        ("repeats", "99", 99),
        ("biased", "true", True),
        ("learning_rate", "0.5", 0.5),
    ],
)
def test_check_converts_values_to_their_type(
    space: keras_tuner.HyperParameters, name: str, raw: Any, value: Any
) -> None:
    checked = check(space, {name: raw})[name]
    assert (checked, type(checked)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("kind", "sparse", "kind must be one of plain, residual, dense, got 'sparse'"),
        ("projected", "maybe", "projected must be one of .*, got 'maybe'"),
        ("size", "4", "size must be a whole number from 1 to 3, got '4'"),
        ("size", "1.5", "size must be a whole number from 1 to 3, got '1.5'"),
        ("growth", "0.4", "growth must be a number from 0.5 to 2.0, got '0.4'"),
        ("growth", "nan", "growth must be a number from 0.5 to 2.0, got 'nan'"),
        ("growth", "much", "growth must be a number from 0.5 to 2.0, got 'much'"),
        ("repeats", "many", "repeats must be a int, got 'many'"),
        ("repeats", 2.5, "repeats must be a int, got '2.5'"),
        ("biased", "2", "biased must be a bool, got '2'"),
        ("learning_rate", "-1", "learning_rate must be a number above 0"),
    ],
)
def test_check_refuses(space: keras_tuner.HyperParameters, name: str, raw: Any, complaint: str) -> None:
    with pytest.raises(HyperparameterError, match=complaint):
        check(space, {name: raw})


def test_check_names_the_nearest_of_an_unknown_name(space: keras_tuner.HyperParameters) -> None:
    with pytest.raises(UnknownNameError, match="unknown hyperparameter 'kernels': did you mean 'kernel'\\?"):
        check(space, {"kernels": 3})


# choose ----------------------------------------------------------------------------------------------------


def test_choose_fills_in_defaults(space: keras_tuner.HyperParameters) -> None:
    values = choose(space, {"kernel": 5}).values
    assert (values["kernel"], values["kind"], values["learning_rate"]) == (5, "plain", 1e-3)


def test_choose_leaves_out_inactive_hyperparameters(space: keras_tuner.HyperParameters) -> None:
    assert {"projected", "size", "growth"} & choose(space, {}).values.keys() == set()


def test_choose_fills_in_hyperparameters_that_a_value_activates(space: keras_tuner.HyperParameters) -> None:
    values = choose(space, {"kind": "residual", "projected": True}).values
    assert values["size"] == 1


def test_choose_refuses_inactive_hyperparameters(space: keras_tuner.HyperParameters) -> None:
    with pytest.raises(
        HyperparameterError, match="growth has no effect with kind=plain: leave one of the two out"
    ):
        choose(space, {"growth": 1.0})


def test_choose_leaves_the_space_as_it_is(space: keras_tuner.HyperParameters) -> None:
    before = space.get_config()
    choose(space, {"kernel": 5})
    assert space.get_config() == before


# fix -------------------------------------------------------------------------------------------------------


def test_fix_holds_a_value(space: keras_tuner.HyperParameters) -> None:
    fixed = fix(space, {"kernel": 5})
    (kernel,) = (hp for hp in fixed.space if hp.name == "kernel")
    assert (kernel.default, kernel.random_sample(1), kernel.random_sample(2)) == (5, 5, 5)


def test_fix_keeps_the_order_and_the_conditions(space: keras_tuner.HyperParameters) -> None:
    fixed = fix(space, {"growth": 1.5})
    assert [(hp.name, hp.conditions) for hp in fixed.space] == [
        (hp.name, hp.conditions) for hp in space.space
    ]


def test_fix_of_a_parent_decides_which_are_active(space: keras_tuner.HyperParameters) -> None:
    values = choose(fix(space, {"kind": "dense"}), {}).values
    assert ("growth" in values, "projected" in values) == (True, False)


# restore ---------------------------------------------------------------------------------------------------


def test_restore_returns_the_same_space(space: keras_tuner.HyperParameters) -> None:
    assert restore(space.get_config()).get_config() == space.get_config()


def test_restore_leaves_the_configuration_as_it_is(space: keras_tuner.HyperParameters) -> None:
    config = space.get_config()
    restore(config)
    assert config == space.get_config()


def test_fill_in_drops_hyperparameters_that_became_inactive(space: keras_tuner.HyperParameters) -> None:
    hp = space.copy()
    hp.values = {"kind": "plain", "growth": 1.0}
    fill_in(hp)
    assert "growth" not in hp.values
