"""Fits a classifier with the settings of a run, and evaluates the weights of its best epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces.metrics import DEFAULT_OBJECTIVE
from zoo.models.content import to_content
from zoo.training.evaluate import evaluate
from zoo.training.fit import FitSettings, fit, restore_best

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.batches import Served
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch, Evaluation, Hyperparameters, ModelContent, Progress, RunPlan
    from zoo.models.classifier import Classifier

    OnEpoch = Callable[[Epoch, Callable[[], bytes]], bool]


@dataclass(frozen=True)
class Trained:
    """The result of a training: its best epoch, the model of that epoch, and its evaluations."""

    best: Epoch
    content: ModelContent
    evaluations: tuple[Evaluation, ...]


def fit_settings(plan: RunPlan) -> FitSettings:
    """Return the settings of a single training for `zoo.training.fit.fit`."""
    training = plan.training
    return FitSettings(
        training.epochs,
        training.seed,
        training.patience,
        DEFAULT_OBJECTIVE,
        sampling=training.sampling,
        features=training.features,
    )


def fit_and_evaluate(
    classifier: Classifier,
    decoded: DecodedDataset,
    hyperparameters: Hyperparameters,
    settings: FitSettings,
    on_epoch: OnEpoch,
    checkpoint: bytes | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit, then evaluate the best weights on validation and test; see `zoo.training.fit.fit`."""
    best, trainable = fit(classifier, decoded, hyperparameters, settings, on_epoch, checkpoint, progress)
    return Trained(best, to_content(classifier), _evaluations(trainable.classifier, trainable.data))


def evaluate_checkpoint(
    classifier: Classifier,
    decoded: DecodedDataset,
    hyperparameters: Hyperparameters,
    settings: FitSettings,
    checkpoint: bytes,
) -> Trained | None:
    """Return the best epoch so far of an interrupted training; None if the checkpoint is not of this training."""
    best = restore_best(classifier, hyperparameters, settings, checkpoint)
    if best is None:
        return None
    return Trained(best, to_content(classifier), _evaluations(classifier, decoded))


def _evaluations(classifier: Classifier, served: Served) -> tuple[Evaluation, ...]:
    splits = ("validation", "test")
    return tuple(evaluate(classifier, served, split) for split in splits if len(served.split(split).rows))
