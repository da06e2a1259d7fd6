"""A model as people look at it after a search, a training, or a question for the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.cli.output import size

if TYPE_CHECKING:
    from zoo.interfaces import Model


def model_fields(model: Model, *, metric: str = "accuracy") -> dict[str, object]:
    """What `zoo best` shows: which model, how good, how large, and how to use it.

    Args:
        metric: what to show beside the accuracy, without its split.
    """
    measured = [
        f"{split}_{name}" for name in dict.fromkeys(("accuracy", metric)) for split in ("val", "test")
    ]
    fields: dict[str, object] = {
        "model": model.id,
        "architecture": model.architecture,
        "dataset": f"{model.dataset}, version {model.dataset_version}",
        **({"parent": model.parent_id} if model.parent_id else {}),
        **{name.replace("_", " "): model.metrics.get(name) for name in measured},
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
