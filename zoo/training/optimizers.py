"""The optimizer of a training: its learning rate over time, and over the stages of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import Hyperparameters

    Tensor = Any  # untyped


class ScheduleSpan(NamedTuple):
    """The part of a learning rate's schedule that an optimizer goes through.

    Args:
        steps: length of the schedule.
        begins: steps of the schedule that are done before.
        warmup: steps over which the learning rate rises from 0, before the schedule begins.
        factor: of the learning rate.
    """

    steps: int
    begins: int = 0
    warmup: int = 0
    factor: float = 1.0


def make_optimizer(
    values: Hyperparameters, span: ScheduleSpan, scales: Mapping[int, float] | None = None
) -> keras.optimizers.Optimizer:
    """Return the optimizer of these hyperparameters.

    Weight decay is decoupled (Loshchilov & Hutter 2019) and leaves out biases and normalisation; SGD has Nesterov's
    momentum of 0.9.

    Args:
        scales: `id` of a variable -> factor of its learning rate, which leaves weight decay as it is; 1 where it has
            none.
    """
    rate = _rate(values, span)
    decay = values["weight_decay"] or None
    options: dict[str, dict[str, Any]] = {
        "adam": {"weight_decay": decay},
        "adamw": {"weight_decay": decay or 0.0},
        "sgd": {"momentum": 0.9, "nesterov": True, "weight_decay": decay},
        "rmsprop": {"weight_decay": decay},
    }
    name = str(values["optimizer"])
    kind = _KINDS[name] if not scales else _scaled(_KINDS[name], scales)
    optimizer = kind(rate, **options[name])
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def stage_scales(
    stages: Sequence[tuple[str, Sequence[keras.layers.Layer]]], layer_decay: float
) -> dict[int, float]:
    """Return `id` of a variable -> factor of its learning rate: 1 in the last stage, the head, times `layer_decay` for
    each stage before it (Howard & Ruder 2018, section 3.2, where it is 1 / 2.6)."""
    return {
        id(variable): layer_decay**place
        for place, (_, layers) in enumerate(reversed(stages))
        for layer in layers
        for variable in layer.variables
        if layer_decay < 1
    }


def _rate(
    values: Hyperparameters, span: ScheduleSpan
) -> Any:  # a number, or a Keras schedule, which is untyped
    rate, steps = float(values["learning_rate"]) * span.factor, max(1, span.steps - span.warmup)
    schedule: Any = rate
    if values["schedule"] == "cosine":
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    elif values["schedule"] == "step":
        # He et al. 2015, section 4.2: divided by 10 at half and at three quarters of the training.
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
            [steps // 2, steps * 3 // 4], [rate, rate / 10, rate / 100]
        )
    # A constant rate stays a number, which ReduceLROnPlateau can halve.
    if span.warmup or (span.begins and schedule is not rate):
        return _Resumed(rate, schedule, span.begins, span.warmup)
    return schedule


class _Resumed(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras is untyped
    """A schedule with a warm-up, some of whose steps are done already."""

    def __init__(self, rate: float, schedule: Any, begins: int, warmup: int) -> None:
        super().__init__()
        self.rate, self.schedule, self.begins, self.warmup = rate, schedule, begins, warmup

    def __call__(self, step: Tensor) -> Tensor:
        done = keras.ops.cast(step, "float32") + self.begins
        after = keras.ops.maximum(done - self.warmup, 0.0)
        scheduled = self.schedule(after) if callable(self.schedule) else self.rate
        if not self.warmup:
            return scheduled
        return keras.ops.where(done < self.warmup, self.rate * (done + 1) / self.warmup, scheduled)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "schedule": self.schedule, "begins": self.begins, "warmup": self.warmup}


_KINDS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
}


def _scaled(kind: type, scales: Mapping[int, float]) -> type:
    """Return the same optimizer with a learning rate for each variable; Keras updates each by itself."""

    class Scaled(kind):  # type: ignore[misc]
        def build(self, variables: Sequence[keras.Variable]) -> None:
            self.scales = [scales.get(id(variable), 1.0) for variable in variables]
            super().build(variables)

        def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
            # The variable is TensorFlow's own here, not the Keras variable around it.
            scale = self.scales[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * scale)

    return Scaled
