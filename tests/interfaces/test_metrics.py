"""The table of metrics: directions, ranges, where each is measured, and what a search may optimise."""

from __future__ import annotations

import math
from pkgutil import resolve_name

import pytest

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import Objective
from zoo.interfaces.metrics import (
    METRICS,
    Metric,
    always_measured,
    as_shown,
    compared_metrics,
    epoch_columns,
    find_objectives,
    measured_each_epoch,
    metric_of,
    objectives,
    short_name,
)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_accuracy", "max"),
        ("val_loss", "min"),
        ("val_f1", "max"),
        ("val_precision", "max"),
        ("val_recall", "max"),
        ("accuracy", "max"),
        ("loss", "min"),
        ("params", "min"),
        ("trainable_params", "min"),
        ("megabytes", "min"),
        ("seconds", "min"),
    ],
)
def test_the_direction_of_an_objective(name: str, direction: str) -> None:
    assert find_objectives(name) == (Objective(name, direction),)


def test_several_objectives_keep_their_order() -> None:
    assert find_objectives("params, val_accuracy") == (objectives()["params"], objectives()["val_accuracy"])


def test_an_objective_named_twice_is_refused() -> None:
    with pytest.raises(SearchError, match=r"^--objective names params twice: name it once$"):
        find_objectives("params,val_loss,params")


def test_an_unknown_objective_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown objective 'val_acc': did you mean 'val_accuracy'"):
        find_objectives("val_acc")


@pytest.mark.parametrize("row", METRICS.values(), ids=list(METRICS))
def test_each_row_leads_to_its_implementations(row: Metric) -> None:
    paths = [path for path in (row.in_keras, row.of_split, row.of_training) if path is not None]
    assert paths
    assert all(callable(resolve_name(path)) for path in paths)


@pytest.mark.parametrize("name", [name for name, row in METRICS.items() if row.in_keras is not None])
def test_keras_reports_a_metric_by_its_name(name: str) -> None:
    assert resolve_name(str(METRICS[name].in_keras))(3, sigmoid=False).name == name


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("accuracy", "accuracy"),
        ("val_f1", "f1"),
        ("test_loss", "loss"),
        ("train_recall", "recall"),
        ("params", "params"),
    ],
)
def test_a_metric_is_found_with_its_split_in_front(name: str, row: str) -> None:
    assert metric_of(name) is METRICS[row]


@pytest.mark.parametrize("name", ["val_", "depth", "val_val_loss", "validation_loss"])
def test_other_names_are_no_metrics(name: str) -> None:
    assert metric_of(name) is None


@pytest.mark.parametrize(
    ("name", "measured"),
    [("val_accuracy", True), ("loss", True), ("val_f1", True), ("params", False), ("depth", False)],
)
def test_which_metrics_have_a_value_after_each_epoch(name: str, measured: bool) -> None:
    assert measured_each_epoch(name) is measured


def test_numbers_of_weights_are_shown_without_decimals() -> None:
    assert (as_shown("params", 12.0), as_shown("val_loss", 2.0), as_shown("depth", 2.0)) == (12, 2.0, 2.0)
    assert isinstance(as_shown("params", 12.0), int)
    assert isinstance(as_shown("val_loss", 2.0), float)


@pytest.mark.parametrize(
    ("direction", "value", "other", "better"),
    [
        ("max", 0.9, 0.8, True),
        ("max", 0.8, 0.9, False),
        ("max", 0.8, 0.8, False),
        ("min", 0.8, 0.9, True),
        ("min", 0.9, 0.8, False),
        ("min", 0.8, 0.8, False),
        ("max", 0.0, None, True),
        ("min", 9.0, None, True),
        ("max", 0.1, math.nan, True),
        ("min", 9.0, math.nan, True),
        ("max", math.nan, 0.1, False),
        ("max", math.nan, math.nan, False),
    ],
)
def test_better_follows_the_direction(
    direction: str, value: float, other: float | None, better: bool
) -> None:
    assert Objective("score", direction).better(value, other) is better


@pytest.mark.parametrize(
    ("name", "short"),
    [("accuracy", "acc"), ("val_accuracy", "val_acc"), ("val_loss", "val_loss"), ("depth", "depth")],
)
def test_the_short_name_keeps_the_split(name: str, short: str) -> None:
    assert short_name(name) == short


def test_the_columns_of_an_epoch() -> None:
    measured = {"accuracy", "loss", "val_accuracy", "val_loss", "learning_rate"}
    assert epoch_columns(measured) == ["loss", "accuracy", "val_loss", "val_accuracy"]


def test_a_metric_that_a_run_measured_has_a_column() -> None:
    measured = ("val_f1", "f1", "val_loss", "loss")
    assert epoch_columns(measured) == ["loss", "f1", "val_loss", "val_f1"]


def test_a_metric_of_each_epoch_appears_by_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Metric("top_5", "the share of images with the right class among five", "max", each_epoch="always")
    monkeypatch.setitem(METRICS, row.name, row)
    assert always_measured() == ["accuracy", "loss", "top_5"]
    assert epoch_columns({"loss", "val_top_5"}) == ["loss", "val_top_5"]


def test_metrics_are_compared_in_the_order_of_their_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Metric("kappa", "agreement beyond chance", "max", of_split="zoo.training.evaluate:accuracy")
    monkeypatch.setitem(METRICS, row.name, row)
    assert compared_metrics() == ["accuracy", "f1", "kappa", "loss"]
