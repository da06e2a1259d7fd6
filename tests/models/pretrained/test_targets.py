"""The variables of a network that weights are loaded into."""

from __future__ import annotations

from tests.models.pretrained.networks import network
from zoo.models.pretrained.targets import targets_of


def test_each_weight_once_in_order_with_its_layer() -> None:
    model = network()
    targets = targets_of(model)
    assert [id(target.variable) for target in targets.values()] == [id(weight) for weight in model.weights]
    assert targets["first/kernel"].shape == (3, 3, 3, 4)
    assert targets["first_bn/moving_mean"].layer is model.get_layer("first_bn")


def test_the_state_of_a_random_generator_is_no_target() -> None:
    model = network()
    assert len(model.variables) > len(model.weights) == len(targets_of(model))
