"""Metrics of models, each on one split of one dataset version."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import aliased

from zoo.registry.schema import DatasetRow, MetricRow, ModelRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, SQLColumnExpression
    from sqlalchemy.orm import Session

    from zoo.interfaces import Evaluation

LOSS = aliased(MetricRow)
"""A model's validation loss, joined on `loss_on`."""


@dataclass(frozen=True)
class Measurement:
    """The value of one metric in one evaluation.

    Args:
        dataset, version: on which it was measured; not necessarily those on which the model was trained.
        split: train, validation or test.
        name: without the split's prefix, such as "accuracy".
    """

    dataset: str
    version: int
    split: str
    name: str
    value: float


def loss_on(dataset_id: SQLColumnExpression[int] | int) -> ColumnElement[bool]:
    """The condition under which `LOSS` is a model's validation loss on this dataset version."""
    return and_(
        LOSS.model_id == ModelRow.id,
        LOSS.dataset_id == dataset_id,
        LOSS.split == "validation",
        LOSS.name == "loss",
    )


def rows_of(evaluation: Evaluation, dataset_id: int) -> list[MetricRow]:
    """The rows of an evaluation, without their model."""
    return [
        MetricRow(dataset_id=dataset_id, split=evaluation.split, name=name, value=to_column(value))
        for name, value in evaluation.metrics.items()
    ]


def replace(session: Session, model: ModelRow, dataset_id: int, evaluation: Evaluation) -> None:
    """Record an evaluation; it replaces an older one of the same model, dataset version and split."""
    session.execute(
        delete(MetricRow).where(
            MetricRow.model_id == model.id,
            MetricRow.dataset_id == dataset_id,
            MetricRow.split == evaluation.split,
        )
    )
    for row in rows_of(evaluation, dataset_id):
        row.model_id = model.id
        session.add(row)


def of_model(session: Session, model_id: str) -> list[Measurement]:
    """All measurements of a model, by dataset, version, split and name."""
    rows = session.scalars(
        select(MetricRow)
        .join(MetricRow.dataset)
        .where(MetricRow.model_id == model_id)
        .order_by(DatasetRow.name, DatasetRow.version, MetricRow.split, MetricRow.name)
    )
    return [
        Measurement(row.dataset.name, row.dataset.version, row.split, row.name, from_column(row.value))
        for row in rows
    ]


def to_column(value: float) -> float | None:
    """The number as it is stored in a row; see `MetricRow`."""
    return None if math.isnan(value) else float(value)


def from_column(value: float | None) -> float:
    """The number that a row stores; see `MetricRow`."""
    return math.nan if value is None else value
