"""Search spaces: all that a build declares is found, with what switches it on."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.architectures import architecture_of
from zoo.errors import HyperparameterError
from zoo.models import exploration
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.space import choose, fill_in

if TYPE_CHECKING:
    import keras_tuner

    from zoo.interfaces import Architecture

SHAPE = {"image_size": 8, "channels": 1}


def loop(hp: Any) -> None:
    """As Keras Tuner's guide writes it."""
    for number in range(hp.Int("n", 1, 3)):
        hp.Int(f"units_{number}", 8, 64, step=8)


def loop_from_the_middle(hp: Any) -> None:
    for number in range(hp.Int("n", 0, 4, default=2)):
        hp.Int(f"units_{number}", 1, 9, default=3)


def nested_loops(hp: Any) -> None:
    for block in range(hp.Int("blocks", 1, 3)):
        for layer in range(hp.Int(f"layers_{block}", 1, 2)):
            hp.Choice(f"units_{block}_{layer}", [8, 16])


def loops_of_equal_length(hp: Any) -> None:
    blocks, layers = hp.Int("blocks", 1, 2), hp.Int("layers", 1, 3)
    for block in range(blocks):
        for layer in range(layers):
            hp.Choice(f"units_{block}_{layer}", [8, 16])


def kinds_of_layers(hp: Any) -> None:
    kind = hp.Choice("kind", ["conv", "separable", "none"])
    if kind == "conv":
        hp.Int("kernel", 3, 7, step=2)
    elif kind == "separable":
        hp.Int("multiplier", 1, 4)


def name_in_two_branches(hp: Any) -> None:
    if hp.Choice("kind", ["none", "a", "b"]) in ("a", "b"):
        hp.Int("units", 8, 16)


def value_got_later(hp: Any) -> None:
    hp.Int("n", 1, 3)
    for number in range(hp.get("n")):
        hp.Float(f"rate_{number}", 0, 0.5)


def value_read(hp: Any) -> None:
    hp.Int("n", 1, 3)
    if hp.values["n"] > 2:
        hp.Int("more", 1, 3)


def loop_in_a_scope(hp: Any) -> None:
    kind = hp.Choice("kind", ["plain", "residual"])
    with hp.conditional_scope("kind", ["residual"]):
        if kind == "residual":
            for number in range(hp.Int("n", 1, 3)):
                projected = hp.Boolean(f"projected_{number}")
                with hp.conditional_scope(f"projected_{number}", [True]):
                    if projected:
                        hp.Int(f"size_{number}", 1, 3)


def scopes_in_a_loop(hp: Any) -> None:
    kind = hp.Choice("kind", ["plain", "separable"])
    for number in range(hp.Int("n", 1, 3)):
        for name in ("plain", "separable"):
            with hp.conditional_scope("kind", [name]):
                if kind == name:
                    hp.Int(f"{name}_{number}", 4, 16)


def numbers_with_a_factor(hp: Any) -> None:
    for number in range(hp.Int("n", 1, 8, step=2, sampling="log")):
        hp.Boolean(f"biased_{number}")


def long_range(hp: Any) -> None:
    for number in range(0, hp.Int("n", 1, 40), 10):
        hp.Int(f"units_{number}", 1, 3)


def switches(hp: Any) -> None:
    if hp.Boolean("deep"):
        hp.Int("depth", 1, 3)
    if hp.Boolean("wide", default=True):
        hp.Int("width", 1, 3)


def option_in_a_branch(hp: Any) -> None:
    hp.Fixed("plan", "")
    if hp.Boolean("extra"):
        hp.Fixed("extra_plan", "x")


def names_in_scopes(hp: Any) -> None:
    for number in range(hp.Int("n", 1, 2)):
        with hp.name_scope(f"block{number}"):
            hp.Int("units", 1, 3)


def kind_and_number(hp: Any) -> None:
    kind, n = hp.Choice("kind", ["flat", "deep"]), hp.Int("n", 1, 3)
    if kind == "deep":
        for number in range(n):
            hp.Int(f"units_{number}", 1, 3)


def some_do_not_build(hp: Any) -> None:
    n, factor = hp.Int("n", 1, 9), hp.Choice("factor", [1, 2, 3])
    if n * factor > 9:
        raise (GeneratorExit if factor == 2 else ValueError)("the image is too small")
    for number in range(n):
        hp.Int(f"units_{number}", 1, 3)


def by_a_float(hp: Any) -> None:
    if hp.Float("rate", 0, 1) > 0.5:
        hp.Int("hidden", 1, 3)


def between_extremes(hp: Any) -> None:
    if hp.Int("n", 1, 5) == 3:
        hp.Int("hidden", 1, 3)


def either_of_two(hp: Any) -> None:
    first, second = hp.Boolean("first"), hp.Boolean("second")
    if first or second:
        hp.Int("hidden", 1, 3)


def conditions_of(space: keras_tuner.HyperParameters) -> dict[str, dict[str, list[Any]]]:
    """Of each hyperparameter that has some: name -> values of those that switch it on."""
    return {
        hp.name: {condition.name: condition.values for condition in hp.conditions}
        for hp in space.space
        if hp.conditions
    }


@pytest.mark.parametrize(
    ("build", "conditions"),
    [
        (loop, {"units_1": {"n": [2, 3]}, "units_2": {"n": [3]}}),
        (loop_from_the_middle, {"units_2": {"n": [3, 4]}, "units_3": {"n": [4]}}),
        (
            nested_loops,
            {
                "layers_1": {"blocks": [2, 3]},
                "layers_2": {"blocks": [3]},
                "units_0_1": {"layers_0": [2]},
                "units_1_0": {"blocks": [2, 3]},
                "units_1_1": {"blocks": [2, 3], "layers_1": [2]},
                "units_2_0": {"blocks": [3]},
                "units_2_1": {"blocks": [3], "layers_2": [2]},
            },
        ),
        (
            loops_of_equal_length,
            {
                "units_0_1": {"layers": [2, 3]},
                "units_0_2": {"layers": [3]},
                "units_1_0": {"blocks": [2]},
                "units_1_1": {"blocks": [2], "layers": [2, 3]},
                "units_1_2": {"blocks": [2], "layers": [3]},
            },
        ),
        (kinds_of_layers, {"multiplier": {"kind": ["separable"]}}),
        (name_in_two_branches, {"units": {"kind": ["a", "b"]}}),
        (value_got_later, {"rate_1": {"n": [2, 3]}, "rate_2": {"n": [3]}}),
        (value_read, {"more": {"n": [3]}}),
        (
            loop_in_a_scope,
            {
                "n": {"kind": ["residual"]},
                "projected_0": {"kind": ["residual"]},
                "size_0": {"kind": ["residual"], "projected_0": [True]},
                "projected_1": {"kind": ["residual"], "n": [2, 3]},
                "projected_2": {"kind": ["residual"], "n": [3]},
                "size_1": {"kind": ["residual"], "n": [2, 3], "projected_1": [True]},
                "size_2": {"kind": ["residual"], "n": [3], "projected_2": [True]},
            },
        ),
        (
            scopes_in_a_loop,
            {
                "plain_0": {"kind": ["plain"]},
                "plain_1": {"n": [2, 3], "kind": ["plain"]},
                "plain_2": {"n": [3], "kind": ["plain"]},
                "separable_0": {"kind": ["separable"]},
                "separable_1": {"n": [2, 3], "kind": ["separable"]},
                "separable_2": {"n": [3], "kind": ["separable"]},
            },
        ),
        (
            numbers_with_a_factor,
            {
                "biased_1": {"n": [2, 4, 8]},
                **{f"biased_{number}": {"n": [4, 8]} for number in (2, 3)},
                **{f"biased_{number}": {"n": [8]} for number in (4, 5, 6, 7)},
            },
        ),
        (long_range, {f"units_{place}": {"n": [*range(place + 1, 41)]} for place in (10, 20, 30)}),
        (switches, {"depth": {"deep": [True]}}),
        (option_in_a_branch, {"extra_plan": {"extra": [True]}}),
        (names_in_scopes, {"block1/units": {"n": [2]}}),
        (
            kind_and_number,
            {
                "units_0": {"kind": ["deep"]},
                "units_1": {"kind": ["deep"], "n": [2, 3]},
                "units_2": {"kind": ["deep"], "n": [3]},
            },
        ),
        (some_do_not_build, {f"units_{place}": {"n": [*range(place + 1, 10)]} for place in range(1, 9)}),
    ],
)
def test_hyperparameters_that_a_value_activates_are_found_and_conditional(
    build: Any, conditions: dict[str, dict[str, list[Any]]]
) -> None:
    space = explore(build)
    assert conditions_of(space) == conditions
    for draw in range(100):
        assert undeclared(build, space, draw) == set()


def undeclared(build: Any, space: keras_tuner.HyperParameters, draw: int) -> set[str]:
    """Return the declarations of a build with values from the space that are missing in the space."""
    rng = random.Random(draw)
    drawn = space.copy()
    drawn.values = {hp.name: hp.random_sample(rng.randrange(2**31)) for hp in drawn.space}
    fill_in(drawn)
    values = set(drawn.values)
    with suppress(ValueError, GeneratorExit):  # this choice does not build
        build(drawn)
    return set(drawn.values) - values


@pytest.mark.parametrize("build", [by_a_float, between_extremes, either_of_two])
def test_a_hyperparameter_that_was_not_found_is_refused_when_a_network_is_built(build: Any) -> None:
    architecture = declaring(build)
    space = explore(SpaceBuilder(architecture, **SHAPE))
    values = {
        "by_a_float": {"rate": 0.9},
        "between_extremes": {"n": 3},
        "either_of_two": {"first": False, "second": True},
    }
    hp = choose(space, values[build.__name__])
    with pytest.raises(
        HyperparameterError,
        match=r"architecture 'odd': its search space lacks hidden, which would.*hp\.conditional_scope.* \(.+:\d+\)$",
    ):
        build_classifier(architecture, hp, **SHAPE, class_names=("a", "b"))


def declaring(declare: Any) -> Architecture:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        from keras import layers

        declare(hp)
        return layers.Conv2D(2, 3, name="conv")(inputs)

    return architecture_of(backbone, "odd")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_loop_builds_with_each_of_its_lengths(n: int) -> None:
    architecture = declaring(loop)
    hp = choose(explore(SpaceBuilder(architecture, **SHAPE)), {"n": n})
    build_classifier(architecture, hp, **SHAPE, class_names=("a", "b"))
    assert [name for name in hp.values if name.startswith("units")] == [
        f"units_{number}" for number in range(n)
    ]


def test_an_option_that_is_not_searched_may_be_missing() -> None:
    def declare(hp: Any) -> None:
        if hp.Float("rate", 0, 1) > 0.5:
            hp.Fixed("plan", "")

    architecture = declaring(declare)
    hp = choose(explore(SpaceBuilder(architecture, **SHAPE)), {"rate": 0.9})
    build_classifier(architecture, hp, **SHAPE, class_names=("a", "b"))
    assert hp.values["plan"] == ""


def count_builds(build: Any) -> int:
    count = 0

    def counted(hp: Any) -> None:
        nonlocal count
        count += 1
        build(hp)

    explore(counted)
    return count


@pytest.mark.parametrize(("threshold", "names"), [(2 * 10**9, ["width", "wide"]), (10**9, ["width"])])
def test_an_integer_may_have_billions_of_values(threshold: int, names: list[str]) -> None:
    """Those that a condition would have to list must be few; the others are never listed."""

    def build(hp: keras_tuner.HyperParameters) -> None:
        if hp.Int("width", 1, 2 * 10**9 + 100, default=8) > threshold:
            hp.Boolean("wide")

    assert [hp.name for hp in explore(build).space] == names


def test_many_hyperparameters_are_probed_at_once() -> None:
    """One build with the defaults, and one for each value of the longest choice besides its default."""

    def flat(hp: Any) -> None:
        for number in range(10):
            hp.Int(f"size_{number}", 1, 9)
            hp.Choice(f"kind_{number}", ["a", "b", "c", "d"])
            hp.Boolean(f"biased_{number}")

    assert count_builds(flat) == 4


def test_exploration_ends_where_more_is_declared_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploration, "MOST_BUILDS", 50)

    def endless(hp: Any) -> None:
        number = 0
        while hp.Boolean(f"more_{number}"):
            number += 1

    assert count_builds(endless) <= 50


def test_a_build_that_fails_with_its_defaults_complains() -> None:
    def broken(hp: Any) -> None:
        hp.Int("n", 1, 3)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        explore(broken)
