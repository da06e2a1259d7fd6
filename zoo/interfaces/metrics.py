"""The metrics that zoo measures: one row each, with its direction, its range and its implementations.

A search may optimise any of them; `zoo best` selects by those of a split. Imports nothing heavy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from zoo.errors import SearchError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Collection

Direction = Literal["max", "min"]

PREFIXES = {"train": "train_", "validation": "val_", "test": "test_"}
"""Split -> the prefix of the names of metrics that were measured on it."""


@dataclass(frozen=True)
class Objective:
    """The quantity that a search optimises, such as `val_accuracy`, and its direction: "max" or "min"."""

    name: str
    direction: str

    def better(self, value: float, other: float | None) -> bool:
        """Whether `value` is strictly better than `other`; anything is better than None, and any number than NaN."""
        if other is None:
            return True
        if math.isnan(other):
            return not math.isnan(value)
        return value > other if self.direction == "max" else value < other


@dataclass(frozen=True)
class Metric:
    """A measure of a model's quality or cost.

    An implementation is named as `module:function` and imported where it is called. A metric has one for each place
    where it is measured.

    Args:
        name: without the prefix of a split, such as "accuracy".
        summary: in one line.
        direction: "max" if larger values are better, or "min".
        high: the largest possible value; the smallest is 0.
        each_epoch: whether it is measured on training and validation images after each epoch: of every training, or
            only if it is the objective; None: never.
        in_keras: takes the number of classes and `sigmoid`, whether the targets are those of a sigmoid output, and
            returns the `keras.metrics.Metric`; None: Keras reports it by itself.
        of_split: takes the `zoo.training.evaluate.Predictions` for one split and returns the value.
        of_training: takes the trained `ModelContent` and the seconds that its epochs took, and returns the value.
        whole: shown without decimals.
        short: its name in narrow lines; by default the name itself.
        compared: whether `zoo compare` has a row for it, if it is measured of a split.
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
    short: str = ""
    compared: bool = True


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
            short="acc",
        ),
        Metric(
            "loss",
            "cross-entropy in nats; during training, with label smoothing and class weights",
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
            "the share of correct predictions of a class, averaged over the classes",
            "max",
            high=1.0,
            each_epoch="on request",
            in_keras="zoo.training.measures:precision",
            of_split="zoo.training.evaluate:precision",
            compared=False,
        ),
        Metric(
            "recall",
            "the share of a class's images that are predicted as such, averaged over the classes",
            "max",
            high=1.0,
            each_epoch="on request",
            in_keras="zoo.training.measures:recall",
            of_split="zoo.training.evaluate:recall",
            compared=False,
        ),
        Metric("params", "number of weights", "min", of_training="zoo.training.costs:params", whole=True),
        Metric(
            "trainable_params",
            "number of trainable weights",
            "min",
            of_training="zoo.training.costs:trainable_params",
            whole=True,
        ),
        Metric("megabytes", "10⁶ bytes of stored weights", "min", of_training="zoo.training.costs:megabytes"),
        Metric("seconds", "that the training took", "min", of_training="zoo.training.costs:seconds"),
    )
}

DEFAULT = "accuracy"
"""The metric that selects a model by default."""


def metric_of(name: str) -> Metric | None:
    """The row of a metric, whose name may have the prefix of a split; None for a name that is not in the table."""
    for prefix in ("", *PREFIXES.values()):
        if name.startswith(prefix) and name.removeprefix(prefix) in METRICS:
            return METRICS[name.removeprefix(prefix)]
    return None


def on_validation(metric: str) -> str:
    """The name of a metric that is measured on the validation split."""
    return PREFIXES["validation"] + metric


def objectives() -> dict[str, Objective]:
    """Name -> objective, for everything that a search can optimise.

    A metric of a split is optimised on the validation images, as `val_accuracy`; one that is always measured after each
    epoch, on the training images too, as `accuracy`. Keras Tuner is never left to guess the direction: it would
    minimise val_f1.
    """
    rows = METRICS.values()
    names = [(on_validation(row.name), row) for row in rows if row.of_training is None]
    names += [(row.name, row) for row in rows if row.each_epoch == "always"]
    names += [(row.name, row) for row in rows if row.of_training is not None]
    return {name: Objective(name, row.direction) for name, row in names}


DEFAULT_OBJECTIVE = objectives()[on_validation(DEFAULT)]


def find_objectives(names: str) -> tuple[Objective, ...]:
    """The objectives with these comma-separated names.

    Raises:
        UnknownNameError: a name is not that of an objective.
        SearchError: a name occurs twice.
    """
    available = objectives()
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in available:
            raise UnknownNameError("objective", name, available)
        if chosen.count(name) > 1:
            raise SearchError(f"--objective names {name} twice: name it once")
    return tuple(available[name] for name in chosen)


def measured_each_epoch(objective: str) -> bool:
    """Whether an objective has a value after each epoch."""
    metric = metric_of(objective)
    return metric is not None and metric.each_epoch is not None


def always_measured() -> list[str]:
    """The names of the metrics that are measured after each epoch of every training."""
    return [row.name for row in METRICS.values() if row.each_epoch == "always"]


def as_shown(name: str, value: float) -> float | int:
    """The value of a metric as a table shows it: an int for one without decimals."""
    metric = metric_of(name)
    return int(value) if metric is not None and metric.whole else value


def short_name(name: str) -> str:
    """The name of a metric for narrow lines, such as `val_acc`."""
    metric = metric_of(name)
    return name if metric is None or not metric.short else name.removesuffix(metric.name) + metric.short


def epoch_columns(measured: Collection[str]) -> list[str]:
    """The metrics of an epoch in the order of a table's columns: those of the training images, then of validation.

    Args:
        measured: the names of the epoch's metrics; others have no column.
    """
    rows = [row for row in METRICS.values() if row.each_epoch is not None]
    rows.sort(key=lambda row: row.in_keras is not None)  # the loss first, as Keras prints it
    names = [prefix + row.name for prefix in ("", PREFIXES["validation"]) for row in rows]
    return [name for name in names if name in measured]


def compared_metrics() -> list[str]:
    """The metrics of a split for which `zoo compare` has rows: those to maximise, then those to minimise."""
    rows = [row for row in METRICS.values() if row.of_split is not None and row.compared]
    return [row.name for row in sorted(rows, key=lambda row: row.direction == "min")]
