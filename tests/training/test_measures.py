"""Precision, recall and F1 after each epoch are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.training import measures
from zoo.training.evaluate import measure

TRUTH = np.array([0, 0, 0, 1, 1, 2])  # no image of the last class
GUESSES = np.array([0, 0, 1, 1, 3, 0])  # the third one is never guessed


def counted(name: str, truth: np.ndarray, guesses: np.ndarray, *, sigmoid: bool = False) -> float:
    """By the metric, in two batches."""
    metric = getattr(measures, name)(2 if sigmoid else truth.shape[1], sigmoid=sigmoid)
    for part in (slice(0, 4), slice(4, None)):
        metric.update_state(truth[part], guesses[part])
    return float(metric.result())


def evaluated(name: str, truth: np.ndarray, probabilities: np.ndarray) -> float:
    """By scikit-learn, for the whole split."""
    names = tuple(f"class{number}" for number in range(probabilities.shape[1]))
    return measure("test", truth, probabilities, names).metrics[name]


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_it_is_the_mean_over_the_classes_that_have_images(name: str) -> None:
    truth, guesses = np.eye(4, dtype=np.float32)[TRUTH], np.eye(4, dtype=np.float32)[GUESSES]
    assert counted(name, truth, guesses) == pytest.approx(evaluated(name, TRUTH, guesses))


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_a_sigmoid_distinguishes_two_classes(name: str) -> None:
    truth = np.array([0, 1, 1, 1, 0, 1])
    second = np.array([[0.2], [0.5], [0.7], [0.1], [0.9], [0.8]], np.float32)
    expected = evaluated(name, truth, np.hstack([1 - second, second]))
    assert counted(name, truth[:, None].astype(np.float32), second, sigmoid=True) == pytest.approx(expected)


@pytest.mark.parametrize("sigmoid", [False, True])
def test_a_mixed_image_is_of_the_class_with_the_larger_part(sigmoid: bool) -> None:
    """Five images, the second and the last guessed wrong: one of two, and two of three are found."""
    second = np.array([[0.3], [0.4], [0.8], [1.0], [0.6]], np.float32)
    guesses = np.array([[0.2], [0.6], [0.7], [0.9], [0.1]], np.float32)
    if not sigmoid:
        second, guesses = np.hstack([1 - second, second]), np.hstack([1 - guesses, guesses])
    assert counted("recall", second, guesses, sigmoid=sigmoid) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_reset_forgets_all_batches() -> None:
    metric = measures.f1(2, sigmoid=False)
    metric.update_state(np.eye(2, dtype=np.float32), 1 - np.eye(2, dtype=np.float32))
    metric.reset_state()
    metric.update_state(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32))
    assert float(metric.result()) == 1.0
