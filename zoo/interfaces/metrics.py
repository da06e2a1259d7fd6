"""The metrics that zoo measures: one row each, with its direction, its range and its implementations.

A search may optimise any of them, `zoo best` selects by those of a split. Imports nothing heavy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from zoo.errors import SearchError, UnknownNameError

Direction = Literal["max", "min"]

PREFIXES = {"train": "train_", "validation": "val_", "test": "test_"}
"""What stands in front of a metric's name to say which split it was measured on."""


@dataclass(frozen=True)
class Objective:
    """What a search optimises, such as `val_accuracy`, and which way: "max" or "min"."""

    name: str
    direction: str

    def better(self, value: float, other: float | None) -> bool:
        """Whether `value` is strictly better than `other`; anything is better than None."""
        if other is None:
            return True
        return value > other if self.direction == "max" else value < other


@dataclass(frozen=True)
class Metric:
    """One number that says how well a model does, or what it costs.

    An implementation is named as `module:function` and imported where it is called. A metric has those of the places
    where it is measured.

    Args:
        name: without the split, such as "accuracy".
        summary: in one line.
        direction: "max" where more is better, or "min".
        high: the largest value there can be; the smallest is 0.
        each_epoch: measured on training and validation images after each epoch of every training, or only where it
            is asked for; None: never.
        in_keras: takes the number of classes and `sigmoid`, whether the targets are those of a sigmoid output, and
            returns the `keras.metrics.Metric`; None: Keras reports it by itself.
        of_split: takes the `zoo.training.evaluate.Predictions` for one split, and returns the value.
        of_training: takes the trained `ModelContent` and the seconds that its epochs took, and returns the value.
        whole: shown without decimals.
    """

    name: str
    summary: str
    direction: Direction
    high: float = math.inf
    each_epoch: Literal["always", "on request"] | None = None
    in_keras: str | None = None
    of_split: str | None = None
    of_training: str | None = None
    whole: bool = False


METRICS: dict[str, Metric] = {
    row.name: row
    for row in (
        Metric(
            "accuracy",
            "the share of images whose likeliest class is right",
            "max",
            high=1.0,
            each_epoch="always",
            in_keras="zoo.training.measures:accuracy",
            of_split="zoo.training.evaluate:accuracy",
        ),
        Metric(
            "loss",
            "cross-entropy in nats; while training, with label smoothing and class weights",
            "min",
            each_epoch="always",
            of_split="zoo.training.evaluate:loss",
        ),
        Metric(
            "f1",
            "the harmonic mean of precision and recall, averaged over the classes",
            "max",
            high=1.0,
            each_epoch="on request",
            in_keras="zoo.training.measures:f1",
            of_split="zoo.training.evaluate:f1",
        ),
        Metric(
            "precision",
            "the share of right ones among the images taken for a class, averaged over the classes",
            "max",
            high=1.0,
            each_epoch="on request",
            in_keras="zoo.training.measures:precision",
            of_split="zoo.training.evaluate:precision",
        ),
        Metric(
            "recall",
            "the share of a class's images that are found, averaged over the classes",
            "max",
            high=1.0,
            each_epoch="on request",
            in_keras="zoo.training.measures:recall",
            of_split="zoo.training.evaluate:recall",
        ),
        Metric("params", "number of weights", "min", of_training="zoo.training.costs:params", whole=True),
        Metric(
            "trainable_params",
            "number of weights that train",
            "min",
            of_training="zoo.training.costs:trainable_params",
            whole=True,
        ),
        Metric("megabytes", "10⁶ bytes of stored weights", "min", of_training="zoo.training.costs:megabytes"),
        Metric("seconds", "that the training took", "min", of_training="zoo.training.costs:seconds"),
    )
}

DEFAULT = "accuracy"
"""The metric that selects where none is named."""


def metric_of(name: str) -> Metric | None:
    """The row of a metric with or without its split in front; None for a name that is not in the table."""
    for prefix in ("", *PREFIXES.values()):
        if name.startswith(prefix) and name.removeprefix(prefix) in METRICS:
            return METRICS[name.removeprefix(prefix)]
    return None


def on_validation(metric: str) -> str:
    """The name of a metric that is measured on the validation split."""
    return PREFIXES["validation"] + metric


def objectives() -> dict[str, Objective]:
    """What a search may optimise, by name.

    A metric of a split is optimised on the validation images, as `val_accuracy`; one that every epoch measures, on the
    training images too, as `accuracy`. Keras Tuner's own guess of a direction is never asked: it minimises val_f1.
    """
    rows = METRICS.values()
    names = [(on_validation(row.name), row) for row in rows if row.of_training is None]
    names += [(row.name, row) for row in rows if row.each_epoch == "always"]
    names += [(row.name, row) for row in rows if row.of_training is not None]
    return {name: Objective(name, row.direction) for name, row in names}


DEFAULT_OBJECTIVE = objectives()[on_validation(DEFAULT)]


def find_objectives(names: str) -> tuple[Objective, ...]:
    """The objectives of these names, with commas between.

    Raises:
        UnknownNameError: there is no such objective.
        SearchError: one is named twice.
    """
    known = objectives()
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise UnknownNameError("objective", name, known)
        if wanted.count(name) > 1:
            raise SearchError(f"--objective names {name} twice: name it once")
    return tuple(known[name] for name in wanted)


def measured_each_epoch(objective: str) -> bool:
    """Whether an objective has a value after each epoch."""
    metric = metric_of(objective)
    return metric is not None and metric.each_epoch is not None


def as_shown(name: str, value: float) -> float | int:
    """The value of a metric as a table shows it: an int for one without decimals."""
    metric = metric_of(name)
    return int(value) if metric is not None and metric.whole else value
