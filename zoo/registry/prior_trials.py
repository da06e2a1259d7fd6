"""Completed trials of earlier searches, from which a new search can start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.interfaces import PriorTrial, RunKind, State
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, always_measured, on_validation
from zoo.registry import datasets
from zoo.registry.schema import EpochRow, MetricRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session


def trials(session: Session, architecture: str, version: str, limit: int) -> list[PriorTrial]:
    """Completed trials of this architecture that did not start from another model, newest first."""
    rows = session.scalars(
        select(RunRow)
        .where(
            RunRow.kind == RunKind.TRIAL,
            RunRow.state == State.COMPLETED,
            RunRow.architecture == architecture,
            RunRow.architecture_version == version,
            RunRow.parent_id.is_(None),  # fine-tuning needs other hyperparameters
        )
        .order_by(RunRow.started_at.desc(), RunRow.id)
        .limit(limit)
    ).all()
    of_models = _of_models(session, rows)
    of_epochs = _of_epochs(session, [row for row in rows if row.id not in of_models])
    return [
        PriorTrial(
            run_id=row.id,
            hyperparameters=row.hyperparameters,
            dataset=datasets.to_dataset(row.dataset),
            image_size=row.image_size,
            channels=row.channels,
            metrics={**(row.scores or {}), **(of_models.get(row.id) or of_epochs.get(row.id) or {})},
        )
        for row in rows
    ]


def _of_models(session: Session, rows: Sequence[RunRow]) -> dict[str, dict[str, float]]:
    """Run id -> the metrics of its model on the validation split."""
    measurements = session.execute(
        select(RunRow.id, MetricRow.name, MetricRow.value)
        .join(MetricRow, MetricRow.model_id == RunRow.model_id)
        .where(
            RunRow.id.in_([row.id for row in rows]),
            MetricRow.dataset_id == RunRow.dataset_id,
            MetricRow.split == "validation",
            MetricRow.name.in_(always_measured()),
        )
    )
    by_run: dict[str, dict[str, float]] = {}
    for run_id, name, value in measurements:
        if value is not None:
            by_run.setdefault(run_id, {})[on_validation(name)] = value
    return by_run


def _of_epochs(session: Session, rows: Sequence[RunRow]) -> dict[str, dict[str, float]]:
    """Run id -> the metrics of its epoch with the best accuracy, of equal ones with the lowest loss."""
    epochs = session.execute(
        select(EpochRow.run_id, EpochRow.metrics)
        .where(EpochRow.run_id.in_([row.id for row in rows]))
        .order_by(EpochRow.run_id, EpochRow.number)
    )
    best: dict[str, dict[str, float]] = {}
    for run_id, values in epochs:
        epoch = _on_validation(values)
        if epoch and (run_id not in best or _rank(epoch) > _rank(best[run_id])):
            best[run_id] = epoch
    return best


def _on_validation(values: Mapping[str, float]) -> dict[str, float]:
    names = [on_validation(name) for name in always_measured()]
    return {name: values[name] for name in names if name in values and not math.isnan(values[name])}


def _rank(epoch: Mapping[str, float]) -> tuple[float, float]:
    return epoch.get(DEFAULT_OBJECTIVE.name, -math.inf), -epoch.get(on_validation("loss"), math.inf)
