"""Measures how one classifier does on one split of a dataset, and applies it to images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.batches import split_batches
from zoo.errors import DatasetError
from zoo.interfaces import Evaluation
from zoo.training.fit import EVALUATION_BATCH

if TYPE_CHECKING:
    from zoo.data.batches import Served
    from zoo.models.classifier import Classifier


def evaluate(classifier: Classifier, served: Served, split: str) -> Evaluation:
    """Metrics and per-image probabilities of the classifier on the split.

    Loss is the mean cross-entropy in nats, without label smoothing. Precision, recall and F1 are scikit-learn's,
    0 where undefined, averaged without weights over the classes that have images in the split.

    Args:
        served: what the classifier takes; its class names must be the classifier's, in the same order.

    Raises:
        DatasetError: the split has no images.
    """
    held = served.split(split)
    if not len(held.rows):
        raise DatasetError(f"the {split} split has no images: choose another with --split")
    batches = split_batches(served, split, EVALUATION_BATCH, sigmoid=classifier.sigmoid)
    probabilities = _per_class(classifier.network.predict(batches, verbose=0))
    return measure(split, np.asarray(held.labels[held.rows]), probabilities, classifier.class_names)


def measure(
    split: str, labels: np.ndarray, probabilities: np.ndarray, class_names: tuple[str, ...]
) -> Evaluation:
    """An evaluation from true classes (images,) and probabilities (images, classes)."""
    from sklearn.metrics import precision_recall_fscore_support

    every_class = list(range(len(class_names)))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, predicted, labels=every_class, zero_division=0.0
    )
    classes = {
        name: {"precision": float(p), "recall": float(r), "f1": float(f), "images": int(n)}
        for name, p, r, f, n in zip(class_names, precision, recall, f1, images, strict=True)
    }
    metrics = {
        "loss": cross_entropy(labels, probabilities),
        "accuracy": float((predicted == labels).mean()),
        "precision": float(precision[images > 0].mean()),
        "recall": float(recall[images > 0].mean()),
        "f1": float(f1[images > 0].mean()),
    }
    return Evaluation(split, metrics, classes, labels, probabilities)


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of -log p(true class) in nats; a probability below 1e-7 counts as that, as in Keras."""
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(of_truth, 1e-7, 1.0)).mean())


def predict(classifier: Classifier, pixels: np.ndarray) -> np.ndarray:
    """Probabilities (images, classes) of raw pixels (images, image_size, image_size, channels), 0-255."""
    return _per_class(classifier.network.predict(pixels, batch_size=EVALUATION_BATCH, verbose=0))


def _per_class(outputs: np.ndarray) -> np.ndarray:
    """A column for each class: a sigmoid output is the probability of the second one."""
    if outputs.shape[1] > 1:
        return outputs
    return np.concatenate([1 - outputs, outputs], axis=1)
