"""The networks of one architecture, which its checks share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.testing.bad_architectures import IN_THIS_PROCESS, architecture, blocks, good, planned
from tests.testing.plugin_files import failure_of
from zoo.errors import ContractError
from zoo.testing import check_architecture
from zoo.testing.architectures import networks_of


def test_fixed_values_are_in_every_network() -> None:
    values = set()

    def backbone(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
        values.add(hp.Fixed("plan", "2"))
        return planned(hp, inputs)

    check_architecture(architecture(backbone), "draws", hyperparameters={"plan": "3"})
    assert values == {"3"}


def test_a_searched_hyperparameter_can_be_fixed() -> None:
    searched = architecture(good)
    check_architecture(searched, "draws", hyperparameters={"filters": "3"})
    drawn = networks_of(searched, {"filters": "3"}).drawn()
    assert {hp.get("filters") for hp in drawn} == {3}


def test_a_fixed_value_out_of_range_is_refused() -> None:
    assert failure_of(architecture(good), "builds", hyperparameters={"filters": 99}) == (
        "good fails 'builds': filters must be a whole number from 2 to 8, got '99'"
    )


@pytest.mark.large
def test_checks_share_built_networks() -> None:
    calls = []

    def backbone(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
        calls.append(inputs.shape)
        return planned(hp, inputs)

    counting = architecture(backbone)
    for check in IN_THIS_PROCESS:
        check_architecture(counting, check)
    assert calls == [(None, 8, 8, 3), (None, 21, 21, 3), (None, 8, 8, 1), (None, 8, 8, 3)]


def test_a_stage_that_only_the_largest_network_has_is_found() -> None:
    check_architecture(architecture(blocks, freeze_points=("block1", "block2", "block3")), "freezes-at")


def test_a_stage_that_another_value_of_an_option_may_have_is_no_fault() -> None:
    def optional(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
        from keras import layers

        return layers.Conv2D(8, 3, name=f"{hp.Fixed('kind', 'block1')}_conv")(inputs)

    check_architecture(architecture(optional, freeze_points=("block1", "layer1")), "freezes-at")
    with pytest.raises(ContractError, match="no network has a layer of the stage layer1"):
        check_architecture(architecture(optional, freeze_points=("layer1",)), "freezes-at")


def normalized(hp: Any, inputs: Any, *, weights: Any = None) -> Any:
    from keras import layers

    return layers.Conv2D(2, 3, name="block1_conv")(layers.Normalization(name="norm")(inputs))


def test_the_network_is_adapted_as_before_the_first_epoch() -> None:
    def adapt(network: Any, images: Any) -> None:
        network.get_layer("norm").adapt(images)

    adapting = architecture(normalized, adapt=adapt)
    layer = networks_of(adapting, {}).classifier.network.get_layer("norm")
    assert float(np.min(layer.get_weights()[0])) > 50
    check_architecture(adapting, "reloads")


def test_a_failure_to_adapt_is_reported_in_one_line() -> None:
    def adapt(network: Any, images: Any) -> None:
        raise ValueError("no luck")

    line = failure_of(architecture(normalized, adapt=adapt), "trains")
    place = f"{__file__}:{adapt.__code__.co_firstlineno + 1}"
    assert f"adapt failed: ValueError: no luck ({place})" in line
