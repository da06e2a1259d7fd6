"""The layers that `--freeze` selects, by their names alone."""

from __future__ import annotations

import pytest

from zoo.errors import FreezeError
from zoo.interfaces.freezing import Freezable, Frozen, find_frozen
from zoo.interfaces.stages import Stage

LAYERS = ("pixels", "stem_conv", "block1_conv", "block1_relu", "block2_conv", "block2_norm", "tail_relu")
WEIGHTED = ("stem_conv", "block1_conv", "block2_conv", "block2_norm")
VARIABLES = ("block1_conv/kernel", "block1_conv/bias", "block2_conv/kernel")
NETWORK = Freezable(
    layers=LAYERS,
    weighted=WEIGHTED,
    head=("head_pooling", "head_output"),
    find_stages=lambda: (
        Stage("stem", LAYERS[:2], 0, 2),
        Stage("block1", LAYERS[2:4], 2, 4),
        Stage("block2", LAYERS[4:], 4, 7),
    ),
    freeze_points=("block1", "block2"),
    find_variables=lambda: VARIABLES,
)


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("none", 0),
        ("all", 7),
        ("0", 0),
        ("1", 2),
        ("3", 5),
        ("4", 6),
        ("0%", 0),
        ("50%", 3),
        ("37.5%", 3),
        ("100%", 6),
        ("block1_conv", 3),
        ("block1", 4),
        ("stem", 2),
        ("until:block1_conv", 2),
        ("until:block2", 4),
        ("until:stem", 0),
    ],
)
def test_the_first_layers_are_frozen(spec: str, count: int) -> None:
    assert find_frozen(NETWORK, spec) == Frozen(layers=frozenset(LAYERS[:count]))


@pytest.mark.parametrize(
    ("spec", "layers"),
    [
        ("pattern:block?_conv", {"block1_conv", "block2_conv"}),
        ("pattern:stem_*,*_norm", {"stem_conv", "block2_norm"}),
        ("pattern:block1_*", {"block1_conv", "block1_relu"}),
    ],
)
def test_a_pattern_freezes_layers_wherever_they_are(spec: str, layers: set[str]) -> None:
    assert find_frozen(NETWORK, spec) == Frozen(layers=frozenset(layers))


@pytest.mark.parametrize(
    ("spec", "variables"),
    [("block1_conv/", VARIABLES[:2]), ("block1_conv/bias,block2_conv/kernel", VARIABLES[1:])],
)
def test_a_path_freezes_single_variables(spec: str, variables: tuple[str, ...]) -> None:
    assert find_frozen(NETWORK, spec) == Frozen(variables=variables)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "5",
            "cannot freeze 5 layers: the model has 4 layers with weights before its head; give 0 to 4, or all",
        ),
        ("101%", "cannot freeze 101% of the layers before the head: give 0% to 100%"),
        ("pattern:head_*", "cannot freeze pattern 'head_*': it matches only the head, which always trains"),
        ("pattern:blok1_conv", "no layer with weights matches pattern 'blok1_conv'; available: block1_conv"),
        ("head_output", "cannot freeze up to 'head_output': it is in the head, which always trains"),
        ("head", "cannot freeze up to 'head': it is in the head, which always trains"),
        (
            "blokc1",
            "no layer or freeze point 'blokc1': give a number, a share such as 50%, all, none or a name",
        ),
        ("block3_conv/kernel", "no variable's name starts with 'block3_conv/kernel'; available: block"),
    ],
)
def test_a_freeze_that_is_not_possible_is_refused(spec: str, message: str) -> None:
    with pytest.raises(FreezeError) as caught:
        find_frozen(NETWORK, spec)
    assert str(caught.value).startswith(message)


def test_stages_are_asked_for_only_where_a_name_may_be_one() -> None:
    def unasked() -> tuple[Stage, ...]:
        raise AssertionError

    network = Freezable(LAYERS, WEIGHTED, (), unasked, (), lambda: ())
    for spec in ("none", "all", "2", "50%", "pattern:stem_*"):
        find_frozen(network, spec)
