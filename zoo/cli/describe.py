"""The fields of a model that several commands show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.units import bytes_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.interfaces import Model


def model_fields(model: Model, *, metric: str = "accuracy") -> dict[str, object]:
    """Return a model's origin, metrics, size, and how to use it.

    Args:
        metric: a metric besides the accuracy, without its split.
    """
    measured = [
        f"{split}_{name}" for name in dict.fromkeys(("accuracy", metric)) for split in ("val", "test")
    ]
    fields: dict[str, object] = {
        "model": model.id,
        "architecture": model.architecture,
        "dataset": f"{model.dataset}, version {model.dataset_version}",
        **({"parent": parent_of(model)} if model.parent_id else {}),
        **{name.replace("_", " "): model.metrics.get(name) for name in measured},
        **({"leakage": leakage(model)} if model.leaked_test_images else {}),
        "classes": f"{len(model.class_names)}: {_names(model.class_names)}",
        "input": f"{model.image_size}×{model.image_size}, {'RGB' if model.channels == 3 else 'grayscale'}",
        "parameters": model.parameters,
        "size": bytes_in_words(model.size_bytes),
        "predict": f"zoo predict {model.id} IMAGE…",
        "fine-tune": f"zoo finetune {model.id} DATASET --freeze all",
    }
    if model.aliases:
        fields["alias"] = ", ".join(f"{model.dataset}@{alias}" for alias in model.aliases)
    return fields


def parent_of(model: Model) -> str | None:
    """Return the id of its parent, and whether that was deleted."""
    return f"{model.parent_id} (deleted)" if model.parent_deleted else model.parent_id


def leakage(model: Model) -> str:
    """Return the number of test images that it was trained on, in words."""
    count = model.leaked_test_images
    return f"trained on {'1 image' if count == 1 else f'{count:,} images'} of the test split"


def leakage_note(models: Iterable[Model]) -> str:
    """Return in one line which of these models were trained on test images; an empty string if none was."""
    models_by_leakage: dict[str, list[str]] = {}
    for model in models:
        if model.leaked_test_images:
            models_by_leakage.setdefault(leakage(model), []).append(model.id)
    groups = [f"{leak}: {', '.join(ids)}" for leak, ids in models_by_leakage.items()]
    return f"{'; '.join(groups)} (their test metrics are too good)" if groups else ""


def _names(class_names: tuple[str, ...]) -> str:
    shown = ", ".join(class_names[:8])
    return f"{shown}, …" if len(class_names) > 8 else shown
