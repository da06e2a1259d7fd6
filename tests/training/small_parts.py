"""Options, a classifier, a progress and a training for the tests of cached activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tests.architectures import TINY, build
from zoo.interfaces import FeatureOptions, Objective, Progress, Sampling
from zoo.training.evaluate import evaluate
from zoo.training.fit import FitSettings, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture, Epoch, Evaluation
    from zoo.models.classifier import Classifier

ON, OFF, AUTO = (FeatureOptions(mode) for mode in ("on", "off", "auto"))
HEAD = ("output", "dropout", "head_units", "pooling")
COMPUTED = "frozen layers are computed in each epoch: "


class Watcher(Progress):
    """Records notices, and counts the splits whose activations are computed."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.computed = 0

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        self.computed += work == "computing activations"


def built(architecture: Architecture = TINY, **head: Any) -> Classifier:
    """The same classifier each time."""
    keras.utils.set_random_seed(1)
    return build(architecture, **head)


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of a training, with its notices."""

    variables: list[np.ndarray]
    epochs: list[dict[str, float]]
    evaluation: Evaluation
    checkpoints: list[bytes]
    watcher: Watcher

    def trained_as(self, other: Trained) -> bool:
        """Whether variables and metrics of epochs are the same, bit for bit."""
        same = [np.array_equal(*pair) for pair in zip(self.variables, other.variables, strict=True)]
        return all(same) and self.epochs == other.epochs

    def same_as(self, other: Trained) -> bool:
        """Whether the evaluation is the same too, bit for bit."""
        return (
            self.trained_as(other)
            and self.evaluation.metrics == other.evaluation.metrics
            and np.array_equal(self.evaluation.probabilities, other.evaluation.probabilities)
        )


def train(
    *,
    data: DecodedDataset,
    features: FeatureOptions,
    checkpoint: bytes | None = None,
    architecture: Architecture = TINY,
    epochs: int = 2,
    patience: int = 9,
    sampling: Sampling | None = None,
    **hyperparameters: Any,
) -> Trained:
    """Train a new classifier whose first block is frozen."""
    values = {"batch_size": 8, "learning_rate": 0.01, "freeze": "block1", **hyperparameters}
    objective = Objective("val_loss", "min")
    settings = FitSettings(epochs, 1, patience, objective, sampling=sampling or Sampling(), features=features)
    classifier = built(architecture, **{name: value for name, value in values.items() if name in HEAD})
    metrics: list[dict[str, float]] = []
    checkpoints: list[bytes] = []

    def on_epoch(epoch: Epoch, make: Callable[[], bytes]) -> bool:
        metrics.append(dict(epoch.metrics))
        checkpoints.append(make())
        return False

    watcher = Watcher()
    _, part = fit(classifier, data, values, settings, on_epoch, checkpoint, watcher)
    evaluation = evaluate(part.classifier, part.data, "test")
    variables = [variable.numpy() for layer in classifier.network.layers for variable in layer.variables]
    return Trained(variables, metrics, evaluation, checkpoints, watcher)
