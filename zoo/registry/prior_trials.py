"""What earlier searches found out about an architecture: where a new search can start from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sqlalchemy import select

from zoo.interfaces import PriorTrial, RunKind, State
from zoo.interfaces.metrics import on_validation
from zoo.registry import datasets
from zoo.registry.schema import EpochRow, MetricRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session


_METRICS = ("accuracy", "loss")


def trials(session: Session, architecture: str, version: str, limit: int) -> list[PriorTrial]:
    """Completed trials of this architecture that started from no other model, newest first."""
    rows = session.scalars(
        select(RunRow)
        .where(
            RunRow.kind == RunKind.TRIAL,
            RunRow.state == State.COMPLETED,
            RunRow.architecture == architecture,
            RunRow.architecture_version == version,
            RunRow.parent_id.is_(None),  # from trained weights other hyperparameters are good
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
    """Run id -> what was measured of its model on the validation split."""
    measured = session.execute(
        select(RunRow.id, MetricRow.name, MetricRow.value)
        .join(MetricRow, MetricRow.model_id == RunRow.model_id)
        .where(
            RunRow.id.in_([row.id for row in rows]),
            MetricRow.dataset_id == RunRow.dataset_id,
            MetricRow.split == "validation",
            MetricRow.name.in_(_METRICS),
        )
    )
    found: dict[str, dict[str, float]] = {}
    for run_id, name, value in measured:
        if value is None:
            continue
        found.setdefault(run_id, {})[on_validation(name)] = value
    return found


def _of_epochs(session: Session, rows: Sequence[RunRow]) -> dict[str, dict[str, float]]:
    """Run id -> the metrics of its epoch with the highest accuracy, of equal ones with the lowest loss."""
    measured = session.execute(
        select(EpochRow.run_id, EpochRow.metrics)
        .where(EpochRow.run_id.in_([row.id for row in rows]))
        .order_by(EpochRow.run_id, EpochRow.number)
    )
    best: dict[str, dict[str, float]] = {}
    for run_id, values in measured:
        epoch = _validation(values)
        if epoch and (run_id not in best or _rank(epoch) > _rank(best[run_id])):
            best[run_id] = epoch
    return best


def _validation(values: Mapping[str, float]) -> dict[str, float]:
    names = [on_validation(name) for name in _METRICS]
    return {name: values[name] for name in names if name in values and not math.isnan(values[name])}


def _rank(epoch: Mapping[str, float]) -> tuple[float, float]:
    return epoch.get("val_accuracy", float("-inf")), -epoch.get("val_loss", float("inf"))
