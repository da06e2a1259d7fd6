"""The record of a model, with values that tests change."""

from __future__ import annotations

from datetime import UTC, datetime

from zoo.interfaces import Model


def model(**fields: object) -> Model:
    """A model with these fields."""
    values: dict[str, object] = {
        "id": "1a2b",
        "run_id": "3c4d",
        "architecture": "tiny",
        "dataset": "pets",
        "dataset_version": 2,
        "class_names": ("cat", "dog"),
        "image_size": 8,
        "channels": 1,
        "parameters": 106,
        "trainable_parameters": 106,
        "size_bytes": 424,
        "manifest": "f" * 64,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "metrics": {"val_accuracy": 0.5},
    }
    return Model(**{**values, **fields})  # type: ignore[arg-type]
