"""Evaluation: metrics as scikit-learn computes them, and probabilities for each class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn import metrics

from tests.architectures import AUGMENTING
from tests.training.small_parts import built
from zoo.errors import DatasetError
from zoo.interfaces import Objective
from zoo.models.content import from_content, to_content
from zoo.models.inputs import rebuild
from zoo.training.evaluate import Predictions, evaluate, loss, measure, predict
from zoo.training.fit import FitSettings, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Evaluation
    from zoo.models.classifier import Classifier

NAMES = ("cat", "dog", "eel", "fox")
LABELS = np.array([0, 0, 0, 1, 1, 2])  # no fox
PROBABILITIES = np.array(
    [
        [0.7, 0.1, 0.1, 0.1],
        [0.4, 0.3, 0.2, 0.1],
        [0.2, 0.6, 0.1, 0.1],
        [0.1, 0.8, 0.05, 0.05],
        [0.1, 0.2, 0.1, 0.6],
        [0.5, 0.2, 0.2, 0.1],
    ],
    np.float32,
)
PREDICTED = [0, 0, 1, 1, 3, 0]


@pytest.fixture
def measured() -> Evaluation:
    return measure("test", LABELS, PROBABILITIES, NAMES)


def test_accuracy(measured: Evaluation) -> None:
    assert measured.metrics["accuracy"] == metrics.accuracy_score(LABELS, PREDICTED) == 0.5


@pytest.mark.parametrize(
    ("name", "score"),
    [("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)],
)
def test_the_mean_over_the_classes(measured: Evaluation, name: str, score: Callable[..., float]) -> None:
    expected = score(LABELS, PREDICTED, labels=range(3), average="macro", zero_division=0)
    assert measured.metrics[name] == pytest.approx(expected)


def test_the_metrics_of_a_class(measured: Evaluation) -> None:
    """Two of three cats are found; three were taken for cats, one of them an eel."""
    cat = measured.classes["cat"]
    assert cat == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "images": 3})


def test_a_class_without_images_has_zeros(measured: Evaluation) -> None:
    assert measured.classes["fox"] == {"precision": 0, "recall": 0, "f1": 0, "images": 0}


def test_a_class_that_is_never_predicted_has_zeros(measured: Evaluation) -> None:
    assert measured.classes["eel"] == {"precision": 0, "recall": 0, "f1": 0, "images": 1}


def test_loss_is_the_mean_cross_entropy(measured: Evaluation) -> None:
    by_hand = -np.log([0.7, 0.4, 0.2, 0.8, 0.2, 0.2]).mean()
    assert measured.metrics["loss"] == pytest.approx(by_hand, rel=1e-6)


def test_a_probability_of_zero_costs_no_infinity() -> None:
    assert loss(Predictions(np.array([0]), np.array([[0.0, 1.0]]))) == pytest.approx(-np.log(1e-7))


def test_the_true_classes_are_returned(measured: Evaluation) -> None:
    assert (measured.split, measured.labels.tolist()) == ("test", LABELS.tolist())


# Of a classifier -------------------------------------------------------------------------------------------


def test_a_split_is_evaluated_in_order(build: Callable[..., Classifier], decoded: DecodedDataset) -> None:
    classifier = build()
    evaluation = evaluate(classifier, decoded, "test")
    alone = predict(classifier, decoded.pixels[decoded.rows["test"]])
    assert np.allclose(evaluation.probabilities, alone, atol=1e-6)
    assert evaluation.labels.tolist() == decoded.labels[decoded.rows["test"]].tolist()


def test_keras_measures_the_same(build: Callable[..., Classifier], decoded: DecodedDataset) -> None:
    classifier = build()
    rows = decoded.rows["train"]
    classifier.network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = classifier.network.evaluate(decoded.pixels[rows], decoded.labels[rows], verbose=0)
    metrics = evaluate(classifier, decoded, "train").metrics
    assert (metrics["loss"], metrics["accuracy"]) == pytest.approx((loss, accuracy), rel=1e-5)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_probabilities_have_a_column_for_each_class(
    build: Callable[..., Classifier], decoded: DecodedDataset, output: str
) -> None:
    probabilities = evaluate(build(output=output), decoded, "test").probabilities
    assert probabilities.shape == (12, 2)
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_a_sigmoid_is_the_probability_of_the_second_class(
    build: Callable[..., Classifier], decoded: DecodedDataset
) -> None:
    classifier = build(output="sigmoid")
    pixels = decoded.pixels[:3]
    assert np.allclose(predict(classifier, pixels)[:, 1], np.asarray(classifier.network(pixels))[:, 0])


def test_an_empty_split_is_an_error(build: Callable[..., Classifier], decoded: DecodedDataset) -> None:
    empty = replace(decoded, rows={**decoded.rows, "test": np.arange(0)})
    with pytest.raises(DatasetError, match="the test split has no images: choose another with --split"):
        evaluate(build(), empty, "test")


@pytest.mark.parametrize("freeze", [pytest.param("none", marks=pytest.mark.large), "block1"])
def test_augmentation_in_the_backbone_is_inactive_after_a_training(data: DecodedDataset, freeze: str) -> None:
    classifier = built(AUGMENTING)
    values, settings = {"freeze": freeze, "batch_size": 8}, FitSettings(1, 0, 9, Objective("val_loss", "min"))
    _, part = fit(classifier, data, values, settings, lambda _, __: False)
    loaded = from_content(to_content(classifier))
    pixels = data.pixels[data.rows["test"]]
    expected = predict(classifier, pixels)
    for actual in (
        classifier.network(pixels),
        evaluate(classifier, data, "test").probabilities,
        evaluate(part.classifier, part.data, "test").probabilities,
        predict(loaded, pixels),
        loaded.network(pixels),
    ):
        np.testing.assert_allclose(actual, expected, atol=1e-5)
    larger, pixels = (
        rebuild(loaded, image_size=9, channels=1),
        np.pad(pixels, ((0, 0), (0, 1), (0, 1), (0, 0))),
    )
    np.testing.assert_allclose(larger.network(pixels), predict(larger, pixels), atol=1e-5)
