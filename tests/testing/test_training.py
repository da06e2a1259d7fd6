"""The checks that train leave the network as it was, and compare changes of weights."""

from __future__ import annotations

import numpy as np
import pytest

from tests.testing.bad_architectures import GOOD
from zoo.testing import check_architecture
from zoo.testing.architectures import networks_of
from zoo.testing.training import _is_same_change


@pytest.mark.parametrize("check", ["trains", "frozen"])
def test_a_check_that_trains_leaves_no_trace(check: str) -> None:
    network = networks_of(GOOD, {}).classifier.network
    before = network.get_weights()
    check_architecture(GOOD, check)
    assert all(map(np.array_equal, before, network.get_weights()))
    assert all(weight.trainable for weight in network.trainable_weights)
    assert len(network.trainable_weights) == len(before)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([1.001, 2.0], [1.001, 2.0], True),
        ([1.001, 2.0], [1.0010001, 2.0], True),
        ([1.001, 2.0], [1.0011, 2.0], False),
        ([1.0, 2.0], [1.00001, 2.0], False),
        ([1.0, 2.0], [np.nan, 2.0], False),
    ],
)
def test_changes_of_a_weight_are_the_same_but_for_rounding(
    left: list[float], right: list[float], same: bool
) -> None:
    before, *ends = (np.array(each, np.float32) for each in ([1.0, 2.0], left, right))
    assert _is_same_change(before, *ends) is same
