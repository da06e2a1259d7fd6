"""The stage of each layer of a network, whatever its name."""

from __future__ import annotations

import pytest

from zoo.interfaces.stages import Operation, in_stage, stages_of


@pytest.mark.parametrize(
    ("layer", "point", "inside"),
    [
        ("block1", "block1", True),
        ("block1_conv", "block1", True),
        ("block10_conv", "block1", False),
        ("my_block1", "block1", False),
    ],
)
def test_a_layer_is_in_the_stage_that_it_is_called_after(layer: str, point: str, inside: bool) -> None:
    assert in_stage(layer, point) is inside


def graph(text: str) -> list[Operation]:
    """Operations from words such as `sum<left,right`, each with its parents; without any, it takes the one before.

    `+name` is a function, `.name` a layer without weights.
    """
    operations: list[Operation] = []
    for word in text.split():
        name, _, parents = word.lstrip("+.").partition("<")
        before = parents.split(",") if parents else [operation.name for operation in operations[-1:]]
        operations.append(
            Operation(name, frozenset(before), is_layer=word[0] != "+", has_weights=word[0] not in "+.")
        )
    return operations


def staged(text: str, *points: str) -> str:
    """`block1: conv relu | head: output`; a layer `output` is the head."""
    return " | ".join(
        f"{stage.name}: {' '.join(stage.layers)}" for stage in stages_of(graph(text), ["output"], points)
    )


@pytest.mark.parametrize(
    ("text", "points", "expected"),
    [
        (".pixels a b .c output", (), "backbone: pixels a b c"),
        (".pixels a b output", ("z",), "backbone: pixels a b"),
        (".pixels one_a one_b two_a output", ("one", "two"), "one: pixels one_a one_b | two: two_a"),
        (".pixels a one_a output", ("one",), "stem: pixels a | one: one_a"),
        (".pixels .scaling one_a .relu output", ("one",), "one: pixels scaling one_a relu"),
        (".pixels one_a b .relu output", ("one",), "one: pixels one_a | tail: b relu"),
        (".pixels one_a odd two_a output", ("one", "two"), "one: pixels one_a | two: odd two_a"),
        (".pixels one_a odd one_b two_a output", ("one", "two"), "one: pixels one_a odd one_b | two: two_a"),
        (".pixels a stem_a one_a output", ("stem", "one"), "stem: pixels a stem_a | one: one_a"),
        (".pixels one_a tail_a b output", ("one", "tail"), "one: pixels one_a | tail: tail_a b"),
    ],
)
def test_each_layer_lies_in_a_stage(text: str, points: tuple[str, ...], expected: str) -> None:
    assert staged(text, *points) == expected


def test_the_longest_of_several_points_is_the_stage() -> None:
    assert staged(".pixels conv_a conv_b_c conv_d end output", "conv", "conv_b") == (
        "stem: pixels | conv_b: conv_b_c | conv: conv_a conv_d | tail: end"
    )


def test_a_shortcut_and_its_sum_lie_in_the_stage_beside_them() -> None:
    text = ".pixels one_a two_a<one_a way<one_a .sum<two_a,way three_a output"
    assert staged(text, "one", "two", "three") == "one: pixels one_a | two: two_a way sum | three: three_a"


def test_a_sum_that_is_a_function_ends_a_stage_too() -> None:
    """After it one tensor leads on, so what comes then is of the next stage."""
    text = ".pixels one_a one_b +sum<one_a,one_b norm two_a output"
    assert staged(text, "one", "two") == "one: pixels one_a one_b | two: norm two_a"
    assert staged(text, "one") == "one: pixels one_a one_b | tail: norm two_a"


def test_a_stage_called_after_the_join_of_its_branches_begins_with_them() -> None:
    text = ".pixels a left<a right<a .mixed0<left,right b<mixed0 c<mixed0 .mixed1<b,c output"
    assert (
        staged(text, "mixed0", "mixed1") == "stem: pixels a | mixed0: left right mixed0 | mixed1: b c mixed1"
    )


def test_a_layer_named_after_a_later_one_is_not_in_its_stage() -> None:
    """InceptionV3 has `mixed9_1` in its block `mixed10`."""
    text = ".pixels mixed9 conv .mixed9_1 mixed10 output"
    assert staged(text, "mixed9", "mixed10") == "mixed9: pixels mixed9 | mixed10: conv mixed9_1 mixed10"


def test_branches_that_alternate_keep_the_stages_of_their_names() -> None:
    text = ".pixels left_a<pixels right_a<pixels left_b<left_a right_b<right_a .sum<left_b,right_b output"
    assert staged(text, "left", "right") == "left: pixels left_a left_b | right: right_a right_b sum"
