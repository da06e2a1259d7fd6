"""Numbers that tell how a model does, each on one split of one dataset version."""

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
    """One number of one evaluation.

    Args:
        dataset, version: what it was measured on, which need not be what the model was trained on.
        split: train, validation or test.
        name: without the split, such as "accuracy".
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
    """The rows that hold an evaluation, still without a model."""
    return [
        MetricRow(dataset_id=dataset_id, split=evaluation.split, name=name, value=stored(value))
        for name, value in evaluation.metrics.items()
    ]


def replace(session: Session, model: ModelRow, dataset_id: int, evaluation: Evaluation) -> None:
    """Put an evaluation in place of an older one of the same model, dataset version and split."""
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
    """All that was measured of a model, by dataset, version, split and name."""
    rows = session.scalars(
        select(MetricRow)
        .join(MetricRow.dataset)
        .where(MetricRow.model_id == model_id)
        .order_by(DatasetRow.name, DatasetRow.version, MetricRow.split, MetricRow.name)
    )
    return [
        Measurement(row.dataset.name, row.dataset.version, row.split, row.name, loaded(row.value))
        for row in rows
    ]


def stored(value: float) -> float | None:
    """What a row holds in place of the number; see MetricRow."""
    return None if math.isnan(value) else float(value)


def loaded(value: float | None) -> float:
    """The number that a row holds; see MetricRow."""
    return math.nan if value is None else value
