"""Each check of an architecture finds what it is for, and tells it in one line."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.testing.bad_architectures import (
    BAD,
    GOOD,
    architecture,
    blocks,
    good,
    own_layers,
    planned,
    too_small,
    turns_the_gradient,
    with_a_table,
)
from zoo.errors import ContractError, UnknownNameError
from zoo.plugins import load_plugins
from zoo.testing import ARCHITECTURE_CHECKS, check_architecture
from zoo.testing.architectures import CHECKS, networks_of
from zoo.testing.contract import NotBuilt

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Architecture

# The module of these architectures imports Keras at its top, which is a case of its own.
OTHERS = [check for check in ARCHITECTURE_CHECKS if check != "imports-without-tensorflow"]
PLUGIN = """
{top}
from zoo import Architecture, hookimpl

def backbone(hp, inputs, *, weights=None):
    from keras import layers
    return layers.Conv2D(2, 3, name="only_conv")(inputs)

@hookimpl
def zoo_architectures():
    return [Architecture(name="mine", backbone=backbone, summary="s", reference="r", min_size=8)]
"""


def loaded(folder: Path, top: str) -> Architecture:
    """The architecture of a plugin file that begins so."""
    (folder / "mine.py").write_text(PLUGIN.replace("{top}", top), encoding="utf-8")
    return load_plugins(folder).architecture("mine")


def told(one: Architecture, check: str | None = None, **given: Any) -> str:
    with pytest.raises(ContractError) as failure:
        check_architecture(one, check, **given)
    return str(failure.value)


@pytest.mark.parametrize("check", OTHERS)
def test_a_good_architecture_passes(check: str) -> None:
    check_architecture(GOOD, check)


@pytest.mark.parametrize(("check", "bad", "words"), BAD)
def test_a_bad_one_fails_in_one_line(check: str, bad: Architecture, words: str) -> None:
    line = told(bad, check)
    assert re.match(f"{bad.name} fails '{check}': .*{words}", line)
    assert not re.search("[\n\x1b]", line)


@pytest.mark.parametrize(("check", "bad", "words"), BAD)
def test_a_bad_one_passes_the_checks_before(check: str, bad: Architecture, words: str) -> None:
    for before in takewhile(lambda one: one != check, OTHERS):
        check_architecture(bad, before)


def test_a_layer_with_a_lookup_table_is_exported_with_it() -> None:
    check_architecture(architecture(with_a_table, custom_layers=own_layers), "exports")


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(ARCHITECTURE_CHECKS)


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown check 'train': did you mean 'trains'"):
        check_architecture(GOOD, "train")


# Imports ---------------------------------------------------------------------------------------------------


def test_a_plugin_file_without_imports_at_the_top_passes(tmp_path: Path) -> None:
    check_architecture(loaded(tmp_path, ""), "imports-without-tensorflow")


def test_a_plugin_file_that_imports_tensorflow_at_the_top_fails(tmp_path: Path) -> None:
    assert told(loaded(tmp_path, "import tensorflow"), "imports-without-tensorflow").startswith(
        "mine fails 'imports-without-tensorflow': importing mine imports tensorflow"
    )


def test_what_a_module_prints_does_not_matter(tmp_path: Path) -> None:
    printing = loaded(tmp_path, "import os; print('[1'); os.write(1, b'[2')")
    check_architecture(printing, "imports-without-tensorflow")


def test_the_plugins_own_module_counts_where_its_backbone_is_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "light_backbones.py").write_text("def light(hp, inputs, *, weights=None): ...")
    monkeypatch.syspath_prepend(tmp_path)
    borrowed = "import keras; from light_backbones import light"
    text = PLUGIN.replace("{top}", borrowed).replace("backbone=backbone", "backbone=light")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "borrower.py").write_text(text, encoding="utf-8")
    one = load_plugins(tmp_path / "plugins").architecture("mine")
    assert "importing borrower imports" in told(one, "imports-without-tensorflow")


# Failures --------------------------------------------------------------------------------------------------


def test_an_error_of_the_plugin_is_the_cause() -> None:
    with pytest.raises(ContractError) as failure:
        check_architecture(architecture(too_small), "builds")
    assert isinstance(failure.value.__cause__, ValueError)


def test_where_nothing_builds_later_checks_refer_to_it() -> None:
    bad = architecture(too_small)
    told(bad, "builds")
    with pytest.raises(NotBuilt, match=r"^too-small fails 'trains': no network can be built: see 'builds'$"):
        check_architecture(bad, "trains")


def test_without_a_name_every_failure_is_named() -> None:
    bad = architecture(turns_the_gradient, freeze_points=("block7",), custom_layers=own_layers)
    with pytest.raises(ContractError, match=r"^3 of 10 checks failed: ") as failure:
        check_architecture(bad)
    assert isinstance(failure.value.__cause__, ExceptionGroup)
    assert [str(one).split("'")[1] for one in failure.value.__cause__.exceptions] == [
        "imports-without-tensorflow",
        "trains",
        "freezes-at",
    ]


def test_without_a_name_a_good_architecture_passes(tmp_path: Path) -> None:
    check_architecture(loaded(tmp_path, ""))


# Hyperparameters -------------------------------------------------------------------------------------------


def test_held_values_are_in_every_network() -> None:
    seen = set()

    def backbone(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
        seen.add(hp.Fixed("plan", "2"))
        return planned(hp, inputs)

    check_architecture(architecture(backbone), "draws", hyperparameters={"plan": "3"})
    assert seen == {"3"}


def test_a_searched_hyperparameter_can_be_held() -> None:
    one = architecture(good)
    check_architecture(one, "draws", hyperparameters={"filters": "3"})
    drawn = networks_of(one, {"filters": "3"}).drawn()
    assert {hp.get("filters") for hp in drawn} == {3}


def test_a_held_value_that_cannot_be_is_refused() -> None:
    assert told(architecture(good), "builds", hyperparameters={"filters": 99}) == (
        "good fails 'builds': filters must be a whole number from 2 to 8, got '99'"
    )


# Networks that checks share --------------------------------------------------------------------------------


def test_checks_share_what_is_built() -> None:
    calls = []

    def backbone(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
        calls.append(inputs.shape)
        return planned(hp, inputs)

    one = architecture(backbone)
    for check in OTHERS:
        check_architecture(one, check)
    assert calls == [(None, 8, 8, 3), (None, 21, 21, 3), (None, 8, 8, 1)]


@pytest.mark.parametrize("check", ["trains", "frozen"])
def test_a_check_that_trains_leaves_no_trace(check: str) -> None:
    network = networks_of(GOOD, {}).classifier.network
    before = network.get_weights()
    check_architecture(GOOD, check)
    assert all(map(np.array_equal, before, network.get_weights()))
    assert all(weight.trainable for weight in network.trainable_weights)
    assert len(network.trainable_weights) == len(before)


def test_a_stage_that_only_the_largest_network_has_is_found() -> None:
    check_architecture(architecture(blocks, freeze_points=("block1", "block2", "block3")), "freezes-at")
