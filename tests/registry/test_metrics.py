"""The metrics of a model on each split of each dataset version."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.registry.builders import evaluation, record_digits
from zoo.registry import Measurement

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Model
    from zoo.registry import Registry


def test_metrics_have_their_split_in_front(model: Model) -> None:
    assert model.metrics == {"val_accuracy": 0.9, "val_loss": 0.25, "test_accuracy": 0.5}


def test_metrics_on_other_datasets_are_not_the_models_own(registry: Registry, model: Model) -> None:
    other = record_digits(registry, "b")
    registry.record_evaluation(model.id, other, evaluation("test", accuracy=0.1))
    assert registry.model(model.id).metrics == model.metrics


def test_metrics_are_listed_for_every_dataset(registry: Registry, model: Model) -> None:
    registry.record_evaluation(model.id, record_digits(registry, "b"), evaluation("test", accuracy=0.1))
    assert registry.metrics(model.id) == [
        Measurement("digits", 1, "test", "accuracy", 0.5),
        Measurement("digits", 1, "validation", "accuracy", 0.9),
        Measurement("digits", 1, "validation", "loss", 0.25),
        Measurement("digits", 2, "test", "accuracy", 0.1),
    ]


def test_an_evaluation_replaces_the_older_of_its_split(
    registry: Registry, model: Model, digits: DatasetVersion
) -> None:
    registry.record_evaluation(model.id, digits, evaluation("validation", f1=0.7))
    assert registry.model(model.id).metrics == {"val_f1": 0.7, "test_accuracy": 0.5}


def test_a_metric_that_is_no_number_is_stored(
    registry: Registry, model: Model, digits: DatasetVersion
) -> None:
    registry.record_evaluation(model.id, digits, evaluation("train", loss=math.nan))
    assert math.isnan(registry.model(model.id).metrics["train_loss"])
