"""Metrics after each epoch, as Keras measures them; the same for a whole split are in `zoo.training.evaluate`.

Rows of `zoo.interfaces.metrics` name these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from collections.abc import Callable

Tensor = Any  # untyped


def accuracy(classes: int, *, sigmoid: bool) -> keras.metrics.Metric:  # noqa: ARG001
    """Return the share of images whose likeliest class is right; of mixed images, the class with the larger part."""
    if not sigmoid:
        return keras.metrics.CategoricalAccuracy(name="accuracy")

    # Keras's BinaryAccuracy takes a mixed target, which is neither 0 nor 1, for wrong.
    def match(target: Tensor, predicted: Tensor) -> Tensor:
        return keras.ops.mean(keras.ops.equal(target > 0.5, predicted > 0.5), axis=-1)

    return keras.metrics.MeanMetricWrapper(match, name="accuracy")


def precision(classes: int, *, sigmoid: bool) -> keras.metrics.Metric:
    """Return the share of correct predictions of a class, averaged over the classes."""
    return ClassMean("precision", classes, lambda _, guesses: guesses.value, sigmoid=sigmoid)


def recall(classes: int, *, sigmoid: bool) -> keras.metrics.Metric:
    """Return the share of a class's images that are predicted as such, averaged over the classes."""
    return ClassMean("recall", classes, lambda images, _: images.value, sigmoid=sigmoid)


def f1(classes: int, *, sigmoid: bool) -> keras.metrics.Metric:
    """Return the harmonic mean of a class's precision and recall, averaged over the classes."""
    return ClassMean("f1", classes, lambda images, guesses: (images + guesses) / 2, sigmoid=sigmoid)


class ClassMean(keras.metrics.Metric):  # type: ignore[misc]  # Keras is untyped
    """The unweighted mean of a measure over the classes that have images; 0 for a class where it is undefined.

    The likeliest class is the prediction. A mixed image belongs to the class with the largest part.
    Of the confusion matrix it stores the diagonal and both sums, which suffice for the measures.

    Args:
        name: the metric's.
        classes: their number.
        below: a function of the numbers of images and of guesses, a variable of (classes,) each, that returns the
            divisor of the number of hits.
        sigmoid: targets and predictions are (images, 1) for two classes, not (images, classes).
    """

    def __init__(
        self, name: str, classes: int, below: Callable[[Tensor, Tensor], Tensor], *, sigmoid: bool
    ) -> None:
        super().__init__(name=name)
        self.classes, self.below, self.sigmoid = classes, below, sigmoid
        self.hits, self.images, self.guesses = (
            self.add_weight(shape=(classes,), initializer="zeros", name=variable)
            for variable in ("hits", "images", "guesses")
        )

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:  # noqa: ARG002
        """Count a batch. Each image counts once, whatever it weighs in the loss."""
        truth, guess = self._one_hot(y_true), self._one_hot(y_pred)
        self.hits.assign_add(keras.ops.sum(truth * guess, axis=0))
        self.images.assign_add(keras.ops.sum(truth, axis=0))
        self.guesses.assign_add(keras.ops.sum(guess, axis=0))

    def result(self) -> Tensor:
        """Return the measure over all batches since the last reset."""
        present = keras.ops.cast(self.images > 0, self.dtype)
        of_classes = keras.ops.divide_no_nan(self.hits.value, self.below(self.images, self.guesses))
        return keras.ops.divide_no_nan(keras.ops.sum(of_classes * present), keras.ops.sum(present))

    def _one_hot(self, outputs: Tensor) -> Tensor:
        shares = keras.ops.concatenate([1 - outputs, outputs], axis=1) if self.sigmoid else outputs
        return keras.ops.one_hot(keras.ops.argmax(shares, axis=1), self.classes, dtype=self.dtype)
