"""The optimizer: its algorithm, rates over time, after a warm-up or from the middle on, and over the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from zoo.models.hyperparameters import OWN
from zoo.models.stages import stages
from zoo.training.optimizers import ScheduleSpan, make_optimizer, stage_scales

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

DEFAULTS = {own.name: own.default for own in OWN.values()}
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")


def rates(span: ScheduleSpan, steps: range, schedule: str = "constant") -> list[float]:
    """Of the steps with these numbers, where 0.1 is asked for."""
    optimizer = make_optimizer({**DEFAULTS, "learning_rate": 0.1, "schedule": schedule}, span)
    optimizer.build([])
    learning_rates = []
    for number in steps:
        optimizer.iterations.assign(number)
        learning_rates.append(float(optimizer.learning_rate))
    return learning_rates


# Over time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("done", "rate"), [(0, 0.1), (25, 0.0853553), (50, 0.05), (100, 0.0)])
def test_cosine_falls_from_the_rate_to_zero(done: int, rate: float) -> None:
    assert rates(ScheduleSpan(100), range(done, done + 1), "cosine") == pytest.approx([rate], abs=1e-6)


@pytest.mark.parametrize(("done", "rate"), [(0, 0.1), (45, 0.1), (55, 0.01), (70, 0.01), (80, 0.001)])
def test_step_divides_the_rate_by_ten_at_a_half_and_at_three_quarters(done: int, rate: float) -> None:
    assert rates(ScheduleSpan(100), range(done, done + 1), "step") == pytest.approx([rate])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_a_factor_multiplies_every_rate(schedule: str) -> None:
    whole, scaled = (rates(ScheduleSpan(20, factor=factor), range(20), schedule) for factor in (1, 0.5))
    assert scaled == pytest.approx([0.5 * rate for rate in whole])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_a_warm_up_rises_linearly(schedule: str) -> None:
    assert rates(ScheduleSpan(20, warmup=4), range(4), schedule) == pytest.approx([0.025, 0.05, 0.075, 0.1])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_after_a_warm_up_the_schedule_goes_over_the_steps_that_are_left(schedule: str) -> None:
    assert rates(ScheduleSpan(20, warmup=4), range(4, 20), schedule) == pytest.approx(
        rates(ScheduleSpan(16), range(16), schedule)
    )


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
@pytest.mark.parametrize("warmup", [0, 8])
def test_a_schedule_that_begins_later_continues_where_it_was(schedule: str, warmup: int) -> None:
    whole = rates(ScheduleSpan(20, warmup=warmup), range(20), schedule)
    assert rates(ScheduleSpan(20, begins=6, warmup=warmup), range(14), schedule) == pytest.approx(whole[6:])


def test_a_warm_up_may_be_longer_than_the_training() -> None:
    assert rates(ScheduleSpan(2, warmup=4), range(2), "cosine") == pytest.approx([0.025, 0.05])


def test_a_constant_rate_can_be_changed_wherever_it_begins() -> None:
    """As a plateau does; Keras refuses where there is a schedule."""
    optimizer = make_optimizer({**DEFAULTS, "learning_rate": 0.1}, ScheduleSpan(20, begins=6))
    optimizer.learning_rate = 0.05
    assert float(optimizer.learning_rate) == pytest.approx(0.05)


# Over stages -------------------------------------------------------------------------------------------------


def step_sizes(name: str, scales: list[float], **values: Any) -> list[float]:
    """Return how far variables of these scales move from 1 in a step with a gradient of 1."""
    variables = [keras.Variable([1.0, 1.0]) for _ in scales]
    scale_of = {id(variable): scale for variable, scale in zip(variables, scales, strict=True) if scale != 1}
    optimizer = make_optimizer(
        {**DEFAULTS, "optimizer": name, "learning_rate": 0.125, **values}, ScheduleSpan(1), scale_of
    )
    optimizer.apply([keras.ops.ones(2) for _ in variables], variables)
    return [float(1 - variable.numpy()[0]) for variable in variables]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_is_a_factor_of_the_step(name: str) -> None:
    half, whole, quarter = step_sizes(name, [0.5, 1.0, 0.25])
    assert whole > 0
    assert (half, quarter) == pytest.approx((whole / 2, whole / 4), rel=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_leaves_weight_decay_as_it_is(name: str) -> None:
    """Each loses 0.125 × 0.1 of its 1 besides its step."""
    plain, decayed = (step_sizes(name, [0.5, 1.0], weight_decay=decay) for decay in (0.0, 0.1))
    assert np.subtract(decayed, plain) == pytest.approx([0.0125, 0.0125], rel=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_scales_it_is_keras_own_optimizer(name: str) -> None:
    optimizer = make_optimizer({**DEFAULTS, "optimizer": name}, ScheduleSpan(1), {})
    assert type(optimizer).__module__.startswith("keras.")


def test_each_stage_before_the_head_is_slower(build: Callable[..., Classifier]) -> None:
    classifier = build()
    scales = stage_scales(stages(classifier), 0.5)
    scales_by_name = {
        name: {scales[id(variable)] for layer in layers for variable in layer.variables}
        for name, layers in stages(classifier)
    }
    assert {name: scales_by_name[name] for name in ("block1", "block2", "head")} == {
        "block1": {0.25},
        "block2": {0.5},
        "head": {1.0},
    }


def test_a_decay_of_one_scales_nothing(build: Callable[..., Classifier]) -> None:
    assert stage_scales(stages(build()), 1.0) == {}


# The algorithms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", "Adam"), ("adamw", "AdamW"), ("sgd", "SGD"), ("rmsprop", "RMSprop")]
)
def test_the_optimizer_is_the_one_asked_for(name: str, kind: str) -> None:
    assert type(make_optimizer({**DEFAULTS, "optimizer": name}, ScheduleSpan(1))).__name__ == kind


def test_sgd_has_nesterovs_momentum() -> None:
    optimizer = make_optimizer({**DEFAULTS, "optimizer": "sgd"}, ScheduleSpan(1))
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)


def decayed(optimizer_name: str, decay: float) -> set[str]:
    """Variables that shrink in one step without a gradient."""
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 1), keras.layers.BatchNormalization()]
    )
    for variable in model.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    values = {**DEFAULTS, "optimizer": optimizer_name, "weight_decay": decay, "learning_rate": 0.1}
    zeros = [keras.ops.zeros_like(variable) for variable in model.trainable_variables]
    make_optimizer(values, ScheduleSpan(1)).apply(zeros, model.trainable_variables)
    return {variable.name for variable in model.trainable_variables if float(variable.numpy().max()) < 1}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_spares_biases_and_normalisation(name: str) -> None:
    assert decayed(name, 0.1) == {"kernel"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_weight_decay_nothing_shrinks(name: str) -> None:
    assert decayed(name, 0.0) == set()
