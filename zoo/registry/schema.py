"""The tables of the registry. They change only together with a new file in migrations/versions."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from zoo.interfaces import SPLITS, HyperparameterValue, RunKind, State

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION = "0004"
"""The newest revision in migrations/versions; a registry at this revision is opened without Alembic."""

# SQLAlchemy reads the annotations below at run time, so their names must not be imported under TYPE_CHECKING.
HyperparameterValues = dict[str, HyperparameterValue]
Document = dict[str, object]
Documents = list[dict[str, object]]
Environment = dict[str, str]
ClassCounts = dict[str, dict[str, int]]
FirstTrials = list[tuple[HyperparameterValues, str]]
MetricValues = dict[str, float]
Counts = dict[str, int]

_JSON_NAMES = {dict: "object", list: "array"}
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class DamagedDocument(ValueError):
    """A JSON document in the database is not what zoo writes."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, returned with its time zone even by databases that store none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON object or array, as `kind` says; reading anything else raises DamagedDocument."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: type[dict[Any, Any] | list[Any]]) -> None:
        super().__init__()
        self.kind = kind

    def process_result_value(self, value: object, dialect: Dialect) -> Any:  # noqa: ARG002
        if value is not None and not isinstance(value, self.kind):
            raise DamagedDocument(f"{str(value)[:40]!r} is no JSON {_JSON_NAMES[self.kind]}")
        return value


class MetricValuesJson(TypeDecorator[MetricValues]):
    """Metrics as JSON. A number that is not finite is stored as a string, since PostgreSQL refuses `NaN` in JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: MetricValues | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> dict[str, float | str] | None:
        if value is None:
            return None
        return {name: number if math.isfinite(number) else str(number) for name, number in value.items()}

    def process_result_value(
        self,
        value: dict[str, float | str] | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> MetricValues | None:
        try:
            return None if value is None else {name: float(number) for name, number in value.items()}
        except (AttributeError, TypeError, ValueError):
            raise DamagedDocument(f"{str(value)[:40]!r} are no metrics") from None


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=column)


class DatasetRow(Base):
    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("name", "version"), UniqueConstraint("name", "fingerprint"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    version: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    class_names: Mapped[list[str]] = mapped_column(Json(list))
    counts: Mapped[ClassCounts] = mapped_column(Json(dict))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SearchRow(Base):
    """`candidates`, `options` and `training` are the plan's values as `to_json` returns them. Where they are missing,
    an older zoo wrote the row and a migration could not read it: `unread` has the old columns and the `reason`."""

    __tablename__ = "searches"
    __table_args__ = (_one_of("state", State),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    candidates: Mapped[Documents | None] = mapped_column(Json(list))
    options: Mapped[Document | None] = mapped_column(Json(dict))
    training: Mapped[Document | None] = mapped_column(Json(dict))
    fixed: Mapped[HyperparameterValues] = mapped_column(Json(dict))
    space: Mapped[Document] = mapped_column(Json(dict))
    first: Mapped[FirstTrials | None] = mapped_column(Json(list))
    data_check: Mapped[Counts | None] = mapped_column(Json(dict))
    environment: Mapped[Environment] = mapped_column(Json(dict))
    state: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str] = mapped_column(String(255))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)
    unread: Mapped[Document | None] = mapped_column(Json(dict))

    dataset: Mapped[DatasetRow] = relationship(lazy="joined", innerjoin=True)


class RunRow(Base):
    """`model_id` is the model that the run made, while it exists. `made_id` is the same id and stays when the model is
    deleted, as does `parent_id`: neither is a foreign key, so that a model's lineage outlives its ancestors."""

    __tablename__ = "runs"
    __table_args__ = (
        _one_of("kind", RunKind),
        _one_of("state", State),
        CheckConstraint("model_id IS NULL OR state = 'completed'", name="model_of_completed"),
        UniqueConstraint("search_id", "trial_id"),
        UniqueConstraint("model_id"),
        UniqueConstraint("made_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    architecture: Mapped[str] = mapped_column(String(255))
    architecture_version: Mapped[str] = mapped_column(String(255))
    plugin: Mapped[str] = mapped_column(Text)
    image_size: Mapped[int]
    channels: Mapped[int]
    weights: Mapped[Document | None] = mapped_column(Json(dict))
    parent_id: Mapped[str | None] = mapped_column(String(12), index=True)
    keeps_head: Mapped[bool | None]
    preset: Mapped[str | None] = mapped_column(String(255))
    hyperparameters: Mapped[HyperparameterValues] = mapped_column(Json(dict))
    training: Mapped[Document] = mapped_column(Json(dict))
    data_check: Mapped[Counts] = mapped_column(Json(dict))
    environment: Mapped[Environment] = mapped_column(Json(dict))
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search_id: Mapped[str | None] = mapped_column(ForeignKey("searches.id"))
    trial_id: Mapped[str | None] = mapped_column(String(255))
    trial_number: Mapped[int | None]
    trial: Mapped[Document | None] = mapped_column(Json(dict))
    score: Mapped[float | None] = mapped_column(Double)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("models.id"))
    error: Mapped[str | None] = mapped_column(Text)
    scores: Mapped[MetricValues | None] = mapped_column(MetricValuesJson)
    owner: Mapped[str | None] = mapped_column(String(255))
    made_id: Mapped[str | None] = mapped_column(String(12))

    dataset: Mapped[DatasetRow] = relationship(lazy="joined", innerjoin=True)
    search: Mapped[SearchRow | None] = relationship()
    model: Mapped[ModelRow | None] = relationship(back_populates="run")


class EpochRow(Base):
    __tablename__ = "epochs"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metrics: Mapped[MetricValues] = mapped_column(MetricValuesJson)
    seconds: Mapped[float] = mapped_column(Double)


class ModelRow(Base):
    __tablename__ = "models"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    class_names: Mapped[list[str]] = mapped_column(Json(list))
    image_size: Mapped[int]
    channels: Mapped[int]
    parameters: Mapped[int] = mapped_column(BigInteger)
    trainable_parameters: Mapped[int] = mapped_column(BigInteger)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    run: Mapped[RunRow] = relationship(back_populates="model", lazy="joined", innerjoin=True)
    metrics: Mapped[list[MetricRow]] = relationship(lazy="selectin")


class TensorRow(Base):
    """A blob that a model needs: one of its tensors, or its manifest. A blob without a row may be deleted."""

    __tablename__ = "tensors"

    model_id: Mapped[str] = mapped_column(ForeignKey("models.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class MetricRow(Base):
    """The value of one metric in one evaluation. NULL stands for NaN, which SQLite cannot store."""

    __tablename__ = "metrics"
    __table_args__ = (_one_of("split", SPLITS),)

    model_id: Mapped[str] = mapped_column(ForeignKey("models.id"), primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    split: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float | None] = mapped_column(Double)

    dataset: Mapped[DatasetRow] = relationship(lazy="joined", innerjoin=True)


class AliasRow(Base):
    """An alias that was set on a model. The newest row of a name within a dataset counts, even if its model has been
    deleted; otherwise the alias would fall back to an older model by itself."""

    __tablename__ = "aliases"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    model_id: Mapped[str] = mapped_column(String(12), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
