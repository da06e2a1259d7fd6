"""Precision, recall and F1 after each epoch, as `evaluate` gives them for a whole split."""

from __future__ import annotations

from typing import Any

import keras

MEASURES = ("f1", "precision", "recall")

Tensor = Any  # untyped


class ClassMean(keras.metrics.Metric):  # type: ignore[misc]  # Keras is untyped
    """The unweighted mean of a measure over the classes that have images; 0 for a class where it is undefined.

    The likeliest class is the prediction. An image that is mixed of several is of the class with the largest part.
    Of the confusion matrix it keeps the diagonal and both sums, which is all that the measures take.

    Args:
        measure: one of MEASURES, and the metric's name.
        classes: their number.
        sigmoid: targets and predictions are (images, 1) for two classes, not (images, classes).
    """

    def __init__(self, measure: str, classes: int, *, sigmoid: bool) -> None:
        super().__init__(name=measure)
        self.classes, self.sigmoid = classes, sigmoid
        self.hits, self.images, self.guesses = (
            self.add_weight(shape=(classes,), initializer="zeros", name=name)
            for name in ("hits", "images", "guesses")
        )

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:  # noqa: ARG002
        """Count a batch. Each image counts once, whatever it weighs in the loss."""
        truth, guess = self._one_hot(y_true), self._one_hot(y_pred)
        self.hits.assign_add(keras.ops.sum(truth * guess, axis=0))
        self.images.assign_add(keras.ops.sum(truth, axis=0))
        self.guesses.assign_add(keras.ops.sum(guess, axis=0))

    def result(self) -> Tensor:
        """Of all batches since the last reset."""
        below = {
            "precision": self.guesses.value,
            "recall": self.images.value,
            "f1": (self.images + self.guesses) / 2,
        }[self.name]
        shown = keras.ops.cast(self.images > 0, self.dtype)
        of_classes = keras.ops.divide_no_nan(self.hits.value, below)
        return keras.ops.divide_no_nan(keras.ops.sum(of_classes * shown), keras.ops.sum(shown))

    def _one_hot(self, outputs: Tensor) -> Tensor:
        shares = keras.ops.concatenate([1 - outputs, outputs], axis=1) if self.sigmoid else outputs
        return keras.ops.one_hot(keras.ops.argmax(shares, axis=1), self.classes, dtype=self.dtype)
