"""Evaluates one classifier on one split of a dataset, and applies it to images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zoo.data.batches import split_batches
from zoo.errors import DatasetError
from zoo.interfaces import Evaluation
from zoo.interfaces.metrics import METRICS
from zoo.training.fit import EVALUATION_BATCH

if TYPE_CHECKING:
    from zoo.data.batches import Served
    from zoo.models.classifier import Classifier


def evaluate(classifier: Classifier, served: Served, split: str) -> Evaluation:
    """Return the metrics of `zoo.interfaces.metrics` and per-image probabilities of the classifier on the split.

    Loss is without label smoothing.

    Args:
        served: the classifier's inputs; its class names must be the classifier's, in the same order.

    Raises:
        DatasetError: the split has no images.
    """
    images = served.split(split)
    if not len(images.rows):
        raise DatasetError(f"the {split} split has no images: choose another with --split")
    batches = split_batches(served, split, EVALUATION_BATCH, sigmoid=classifier.sigmoid)
    probabilities = _per_class(classifier.network.predict(batches, verbose=0))
    return measure(split, np.asarray(images.labels[images.rows]), probabilities, classifier.class_names)


def measure(
    split: str, labels: np.ndarray, probabilities: np.ndarray, class_names: tuple[str, ...]
) -> Evaluation:
    """Return an evaluation from true classes (images,) and probabilities (images, classes)."""
    predictions = Predictions(labels, probabilities)
    by_class = predictions.by_class
    classes = {
        name: {
            "precision": float(by_class.precision[label]),
            "recall": float(by_class.recall[label]),
            "f1": float(by_class.f1[label]),
            "images": int(by_class.images[label]),
        }
        for label, name in enumerate(class_names)
    }
    metrics = {
        row.name: float(resolve_name(row.of_split)(predictions))
        for row in METRICS.values()
        if row.of_split is not None
    }
    return Evaluation(split, metrics, classes, labels, probabilities)


class ByClass(NamedTuple):
    """Measures of each class; every array is (classes,)."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    images: np.ndarray

    def mean(self, measure: np.ndarray) -> float:
        """Return the mean over the classes that have images, each of the same weight."""
        return float(measure[self.images > 0].mean())


@dataclass(frozen=True, eq=False)
class Predictions:
    """True classes of the images of a split, and the predictions of a classifier.

    Args:
        labels: the true classes, int (images,).
        probabilities: (images, classes).
    """

    labels: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def likeliest(self) -> np.ndarray:
        """The class of the highest probability, int (images,)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @cached_property
    def by_class(self) -> ByClass:
        """scikit-learn's precision, recall and F1, 0 where undefined."""
        from sklearn.metrics import precision_recall_fscore_support

        every_class = list(range(self.probabilities.shape[1]))
        return ByClass(
            *precision_recall_fscore_support(
                self.labels, self.likeliest, labels=every_class, zero_division=0.0
            )
        )


def loss(predictions: Predictions) -> float:
    """Return the mean of -log p(true class) in nats; probabilities are at least 1e-7, as in Keras."""
    labels, probabilities = predictions.labels, predictions.probabilities
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(of_truth, 1e-7, 1.0)).mean())


def accuracy(predictions: Predictions) -> float:
    """Return the share of images whose likeliest class is right."""
    return float((predictions.likeliest == predictions.labels).mean())


def precision(predictions: Predictions) -> float:
    """Return the mean precision over the classes that have images."""
    return predictions.by_class.mean(predictions.by_class.precision)


def recall(predictions: Predictions) -> float:
    """Return the mean recall over the classes that have images."""
    return predictions.by_class.mean(predictions.by_class.recall)


def f1(predictions: Predictions) -> float:
    """Return the mean F1 over the classes that have images."""
    return predictions.by_class.mean(predictions.by_class.f1)


def predict(classifier: Classifier, pixels: np.ndarray) -> np.ndarray:
    """Return probabilities (images, classes) for raw pixels (images, image_size, image_size, channels), 0-255."""
    return _per_class(classifier.network.predict(pixels, batch_size=EVALUATION_BATCH, verbose=0))


def _per_class(outputs: np.ndarray) -> np.ndarray:
    """Return a column for each class: a sigmoid output is the probability of the second one."""
    if outputs.shape[1] > 1:
        return outputs
    return np.concatenate([1 - outputs, outputs], axis=1)
