"""Small real things to put into a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.interfaces import (
    CandidatePlan,
    DatasetContent,
    DatasetVersion,
    Evaluation,
    FeatureOptions,
    Model,
    ModelContent,
    Objective,
    RunKind,
    RunPlan,
    Sampling,
    SearchOptions,
    SearchPlan,
    TrainingOptions,
    Trial,
    Weights,
)

if TYPE_CHECKING:
    from zoo.registry import Registry


def record_digits(registry: Registry, content: str = "a", source: str = "plugin digits") -> DatasetVersion:
    return registry.record_dataset(content_of("digits", source, content))


def content_of(name: str, source: str, content: str = "a") -> DatasetContent:
    return DatasetContent(
        name=name,
        source=source,
        fingerprint=content * 64,
        class_names=("one", "two"),
        counts={"train": {"one": 3, "two": 4}, "validation": {"one": 1, "two": 1}},
    )


def run_plan(
    kind: RunKind = RunKind.TRAIN, architecture: str = "convnet", parent_id: str | None = None
) -> RunPlan:
    return RunPlan(
        kind=kind,
        candidate=CandidatePlan(
            architecture, "1", "keras-zoo 0.1.0", 8, 1, Weights("/net.h5", "f" * 64), parent_id
        ),
        hyperparameters={"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": True},
        training=TrainingOptions(epochs=3, sampling=Sampling(fraction=0.5)),
        environment={"zoo": "0.1.0", "python": "3.11"},
        preset="small",
        data_check={"unreadable": 2},
    )


ACCURACY = Objective("val_accuracy", "max")


FILTERS = {
    "name": "filters",
    "default": 8,
    "conditions": [],
    "min_value": 8,
    "max_value": 64,
    "step": 8,
    "sampling": "linear",
}


def search_plan(*objectives: Objective) -> SearchPlan:
    return SearchPlan(
        candidates=(
            CandidatePlan("convnet", "1", "keras-zoo 0.1.0", 8, 1),
            CandidatePlan("other, one", "2,1", "keras-zoo 0.1.0", 32, 3, Weights("/net.h5", "f" * 64)),
        ),
        options=SearchOptions(trials=4, objectives=objectives or (ACCURACY,), max_seconds=60.0),
        training=TrainingOptions(epochs=2, seed=7, features=FeatureOptions(copies=2)),
        fixed={"optimizer": "adam"},
        space={"space": [{"class_name": "Int", "config": FILTERS}]},
        environment={"zoo": "0.1.0"},
        data_check={"unreadable": 2},
    )


def trial(number: int, trial_id: str | None = None) -> Trial:
    return Trial(
        trial_id or f"{number:02}",
        number,
        {"filters": 8 * number, "tuner/epochs": 2},
        epochs=2,
        after=number - 1,
    )


def content(seed: int = 0, *, size: int = 4) -> ModelContent:
    values = np.random.default_rng(seed)
    return ModelContent(
        graph={"layers": [{"name": "conv", "config": {"filters": 2, "activation": None}}]},
        image_size=8,
        channels=1,
        class_names=("one", "two"),
        head=("pooling", "predictions"),
        freeze_points=("block1",),
        tensors={
            "conv/kernel": values.normal(size=(3, 3, 1, size)).astype("float32"),
            "norm/mean": values.normal(size=(size,)).astype("float32"),
            "predictions/kernel": values.normal(size=(size, 2)).astype("float32"),
        },
        trainable=("conv/kernel", "predictions/kernel"),
    )


def evaluation(split: str = "validation", **metrics: float) -> Evaluation:
    return Evaluation(
        split=split,
        metrics=metrics or {"loss": 0.5, "accuracy": 0.8},
        classes={},
        labels=np.array([0, 1]),
        probabilities=np.full((2, 2), 0.5, "float32"),
    )


def add_model(
    registry: Registry,
    dataset: DatasetVersion,
    *,
    architecture: str = "convnet",
    parent_id: str | None = None,
    size: int = 4,
    seed: int = 0,
    **metrics: float,
) -> Model:
    """A model with these validation metrics, and a test accuracy that always is the same."""
    kind = RunKind.FINETUNE if parent_id else RunKind.TRAIN
    run = registry.start_run(run_plan(kind, architecture, parent_id), dataset)
    evaluations = [evaluation("validation", **metrics), evaluation("test", accuracy=0.5)]
    return registry.complete_run(run.id, content(seed, size=size), evaluations)
