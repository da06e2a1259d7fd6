"""Selects the best model for a dataset by a validation metric, within limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import aliased

from zoo.errors import NotFoundError, RegistryError, UnknownNameError
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, METRICS, PREFIXES, on_validation
from zoo.registry.metrics import LOSS, loss_on
from zoo.registry.schema import DatasetRow, MetricRow, ModelRow, RunRow, SearchRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from zoo.interfaces import DatasetVersion

DEFAULT_METRIC = DEFAULT_OBJECTIVE.name
BYTES_PER_MB = 1_000_000

_MEASURED = aliased(MetricRow)

TIES: tuple[SQLColumnExpression[Any], ...] = (  # columns of any type
    LOSS.value.is_(None),
    LOSS.value,
    ModelRow.parameters,
    func.coalesce(SearchRow.started_at, RunRow.started_at),
    func.coalesce(RunRow.trial_number, 0),
    RunRow.id,
)
"""The order of equally good models, as in `zoo.interfaces.ranking`: by validation loss, then by the number of
parameters, then the older first; trials by the start of their search and their number. Databases do not agree where
NULL sorts, so the first column sorts it last."""


@dataclass(frozen=True)
class Limits:
    """Conditions that a model must meet.

    Args:
        architecture: the name of its architecture.
        max_params: the maximal number of weights.
        max_size_mb: the maximal size of its tensors, in millions of bytes.
    """

    architecture: str | None = None
    max_params: int | None = None
    max_size_mb: float | None = None

    def conditions(self) -> dict[str, ColumnElement[bool]]:
        """Command-line option -> its condition, for each limit that is set."""
        conditions: dict[str, ColumnElement[bool]] = {}
        if self.architecture is not None:
            conditions[f"--architecture {self.architecture}"] = RunRow.architecture == self.architecture
        if self.max_params is not None:
            conditions[f"--max-params {self.max_params}"] = ModelRow.parameters <= self.max_params
        if self.max_size_mb is not None:
            conditions[f"--max-size {self.max_size_mb:g}"] = (
                ModelRow.size_bytes <= self.max_size_mb * BYTES_PER_MB
            )
        return conditions


def best(session: Session, versions: Sequence[DatasetVersion], metric: str, limits: Limits) -> ModelRow:
    """The model with the best value of a validation metric among those of these versions of one dataset.

    Ties go to the lower validation loss, then to fewer parameters, then to the older model.

    Args:
        metric: such as "val_accuracy" or "accuracy"; its direction says which value is best.

    Raises:
        RegistryError: the metric is not a validation metric.
        UnknownNameError: no model of these versions has this metric.
        NotFoundError: no model was trained on these versions, or none meets the limits.
    """
    dataset = versions[-1]
    total = session.scalar(_of(versions).with_only_columns(func.count(ModelRow.id)))
    if not total:
        raise _no_model(session, dataset)
    name = _metric_name(session, versions, metric)
    conditions = limits.conditions()
    measured = _measured(versions, name)
    chosen = session.scalar(measured.where(*conditions.values()).order_by(*_order(name)).limit(1))
    if chosen is None and session.scalar(measured.limit(1)) is None:
        raise NotFoundError(
            f"{on_validation(name)} is not a number for any of the {total} models for {dataset.name}: "
            "choose another metric"
        )
    if chosen is None:
        raise _none_within_limits(session, dataset, measured, conditions, total)
    return chosen


def _measured(versions: Sequence[DatasetVersion], name: str) -> Select[ModelRow]:
    return (
        _of(versions)
        .join(_MEASURED, _MEASURED.model_id == ModelRow.id)
        .where(
            _MEASURED.dataset_id == RunRow.dataset_id,
            _MEASURED.split == "validation",
            _MEASURED.name == name,
            _MEASURED.value.is_not(None),
        )
        .outerjoin(LOSS, loss_on(RunRow.dataset_id))
        .outerjoin(RunRow.search)
    )


def _of(versions: Sequence[DatasetVersion]) -> Select[ModelRow]:
    ids = [version.id for version in versions]
    return select(ModelRow).join(ModelRow.run).where(RunRow.dataset_id.in_(ids))


def _order(name: str) -> tuple[SQLColumnExpression[Any], ...]:  # columns of any type
    value = _MEASURED.value.asc() if METRICS[name].direction == "min" else _MEASURED.value.desc()
    return (value, *TIES)


def _metric_name(session: Session, versions: Sequence[DatasetVersion], metric: str) -> str:
    """The metric's name without the prefix of its split."""
    for split in ("test", "train"):
        if metric.startswith(PREFIXES[split]):
            raise RegistryError(
                f"'{metric}' cannot select a model: {split} metrics are reported, never selected on; use "
                f"{on_validation(metric.removeprefix(PREFIXES[split]))}"
            )
    name = metric.removeprefix(PREFIXES["validation"])
    available = set(
        session.scalars(
            select(MetricRow.name)
            .join(RunRow, RunRow.model_id == MetricRow.model_id)
            .where(
                RunRow.dataset_id.in_([version.id for version in versions]),
                MetricRow.dataset_id == RunRow.dataset_id,
                MetricRow.split == "validation",
            )
        )
    )
    available &= METRICS.keys()  # the direction of any other is unknown
    if name not in available:
        raise UnknownNameError("metric", metric, map(on_validation, available))
    return name


def _no_model(session: Session, dataset: DatasetVersion) -> NotFoundError:
    older = session.scalar(
        select(func.count(ModelRow.id))
        .join(ModelRow.run)
        .join(RunRow.dataset)
        .where(DatasetRow.name == dataset.name)
    )
    target = dataset.name
    if older:
        target = (
            f"version {dataset.version} of {dataset.name} ({older} for other versions: see --version all)"
        )
    return NotFoundError(f"no model yet for {target}: run `zoo search ARCH {dataset.name}`")


def _none_within_limits(
    session: Session,
    dataset: DatasetVersion,
    measured: Select[ModelRow],
    conditions: dict[str, ColumnElement[bool]],
    total: int,
) -> NotFoundError:
    relaxing = [
        option
        for option in conditions
        if session.scalar(
            measured.where(*(condition for other, condition in conditions.items() if other != option)).limit(
                1
            )
        )
    ]
    advice = " or ".join(relaxing) if relaxing else "all of them"
    return NotFoundError(
        f"none of the {total} models for {dataset.name} meets {' '.join(conditions)}: relax {advice}"
    )
