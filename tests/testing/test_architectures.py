"""Each check of an architecture finds its faults and reports them in one line."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest

from tests.testing.bad_architectures import (
    BAD,
    GOOD,
    IN_THIS_PROCESS,
    architecture,
    own_layers,
    with_a_table,
)
from tests.testing.bad_networks import BAD_NETWORKS
from tests.testing.plugin_files import failure_of, loaded
from tests.testing.unusual_architectures import UNUSUAL
from zoo import Sizes
from zoo.errors import UnknownNameError
from zoo.testing import ARCHITECTURE_CHECKS, check_architecture
from zoo.testing.architectures import CHECKS

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Architecture

    Case = tuple[str, Architecture, str]


LATE = ("reloads", "freezes-at", "frozen", "exports")  # after the checks that take long
BEFORE = [
    pytest.param(
        case, marks=[pytest.mark.large] if case[0] in LATE else [], id=f"{case[1].name} before {case[0]}"
    )
    for case in (*BAD, *BAD_NETWORKS)
]


@pytest.fixture(
    scope="module", params=[*BAD, *BAD_NETWORKS], ids=lambda case: f"{case[1].name} fails {case[0]}"
)
def case(request: pytest.FixtureRequest) -> Case:
    """The tests of one bad architecture follow each other, for they share its networks."""
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("check", IN_THIS_PROCESS)
def test_a_good_architecture_passes(check: str) -> None:
    check_architecture(GOOD, check)


@pytest.mark.large
@pytest.mark.parametrize("unusual", UNUSUAL, ids=lambda architecture: architecture.name)
def test_an_unusual_one_passes(unusual: Architecture) -> None:
    for check in IN_THIS_PROCESS:
        check_architecture(unusual, check)


def test_layers_of_a_module_that_the_first_build_imports_are_no_change() -> None:
    from keras import layers

    imports = iter(["the first"])

    def importing(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if next(imports, None):
            layers.Conv2D(1, 1)  # as a module may at its import
        return layers.Conv2D(2, 3)(inputs)

    check_architecture(architecture(importing, freeze_points=()), "builds-again")


@pytest.mark.parametrize("case", BEFORE, indirect=True)
def test_a_bad_one_passes_the_checks_before(case: Case) -> None:
    check, bad, _ = case
    for before in takewhile(lambda name: name != check, IN_THIS_PROCESS):
        check_architecture(bad, before)


def test_a_bad_one_fails_in_one_line(case: Case) -> None:
    check, bad, words = case
    line = failure_of(bad, check)
    assert re.match(f"{bad.name} fails '{check}': .*{words}", line)
    assert not re.search("[\n\x1b]", line)


def test_a_layer_with_a_lookup_table_is_exported_with_it() -> None:
    check_architecture(architecture(with_a_table, custom_layers=own_layers), "exports")


def patches_of_eight(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    if inputs.shape[1] % 8:
        raise ValueError(f"{inputs.shape[1]} is no multiple of 8")
    return layers.Conv2D(2, 8, strides=8, name="patches_conv")(inputs)


def tokens_of_four(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Conv2D(16, 4, strides=4, name="patch_embedding")(x)
    x = layers.Reshape((-1, 16), name="patch_tokens")(x)
    return layers.Dense(16, activation="gelu", name="patch_mlp")(
        layers.LayerNormalization(name="patch_norm")(x)
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_network_of_16_bits_may_round_differently_in_a_graph(policy: str) -> None:
    fields = {"sizes": Sizes(step=4), "pool": "avg", "dtype_policy": policy}
    check_architecture(architecture(tokens_of_four, min_size=None, freeze_points=(), **fields), "exports")


@pytest.mark.parametrize(
    ("sizes", "built"),
    [(Sizes(step=8), {8, 24}), (Sizes(step=8, largest=16), {8, 16}), (Sizes.only(16), {16})],
    ids=str,
)
def test_networks_are_built_for_the_sizes_that_it_declares(sizes: Sizes, built: set[int]) -> None:
    sizes_of_builds = set()

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        sizes_of_builds.add(inputs.shape[1])
        return patches_of_eight(hp, inputs)

    check_architecture(architecture(backbone, min_size=None, sizes=sizes, freeze_points=()), "builds")
    assert sizes_of_builds == built


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(ARCHITECTURE_CHECKS)


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown check 'train': did you mean 'trains'"):
        check_architecture(GOOD, "train")


def test_without_a_name_a_good_architecture_passes(tmp_path: Path) -> None:
    check_architecture(loaded(tmp_path, ""))
