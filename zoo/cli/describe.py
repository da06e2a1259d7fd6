"""A model as people look at it after a search, a training, or a question for the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.cli.output import size

if TYPE_CHECKING:
    from zoo.interfaces import Model


def model_fields(model: Model) -> dict[str, object]:
    """What `zoo best` shows: which model, how good, how large, and how to use it."""
    fields: dict[str, object] = {
        "model": model.id,
        "architecture": model.architecture,
        "dataset": f"{model.dataset}, version {model.dataset_version}",
        "parent": model.parent_id,
        "val accuracy": model.metrics.get("val_accuracy"),
        "test accuracy": model.metrics.get("test_accuracy"),
        "classes": f"{len(model.class_names)}: {_names(model.class_names)}",
        "input": f"{model.image_size}×{model.image_size}, {'RGB' if model.channels == 3 else 'grayscale'}",
        "parameters": model.parameters,
        "size": size(model.size_bytes),
        "predict": f"zoo predict {model.id} IMAGE…",
        "fine-tune": f"zoo finetune {model.id} DATASET --freeze all",
    }
    if model.aliases:
        fields["alias"] = ", ".join(f"{model.dataset}@{alias}" for alias in model.aliases)
    return fields


def _names(class_names: tuple[str, ...]) -> str:
    shown = ", ".join(class_names[:8])
    return f"{shown}, …" if len(class_names) > 8 else shown
