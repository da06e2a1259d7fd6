"""Heads: a new one on a backbone, or the existing one adapted to other classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

from zoo.errors import HyperparameterError
from zoo.models.hyperparameters import hidden_units
from zoo.models.pooling import pooling_layers

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

    from zoo.models.classifier import Classifier


def new_head(classifier: Classifier, hp: HyperParameters, class_names: tuple[str, ...]) -> Classifier:
    """Return the same backbone layers with a new head for these classes, in place of any existing one.

    Pooling, hidden dense layers, dropout, then softmax over the classes or one sigmoid unit.

    Raises:
        HyperparameterError: a sigmoid output for other than two classes.
    """
    outputs = classifier.features
    head = pooling_layers(outputs, hp.get("pooling"), classifier.pool)
    for number, units in enumerate(hidden_units(hp.get("head_units")), start=1):
        head.append(layers.Dense(units, activation="relu", name=f"head_dense_{number}"))
    if hp.get("dropout") > 0:
        head.append(layers.Dropout(hp.get("dropout"), name="head_dropout"))
    head.append(_output_layer(len(class_names), sigmoid=hp.get("output") == "sigmoid"))
    for layer in head:
        outputs = layer(outputs)
    network = keras.Model(classifier.network.inputs[0], outputs, name="classifier")
    return replace(
        classifier, network=network, class_names=class_names, head=tuple(layer.name for layer in head)
    )


def known_classes(classifier: Classifier, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of these classes for which the classifier has an output, in the same order."""
    return tuple(name for name in class_names if name in classifier.class_names)


def with_classes(
    classifier: Classifier, class_names: tuple[str, ...], *, sigmoid: bool | None = None
) -> Classifier:
    """Return the same backbone and hidden layers of the head, with an output layer for these classes.

    A class that the classifier knows keeps its weights, whatever its position; a new one gets fresh weights. A sigmoid
    unit with the logit z equals softmax over the logits (0, z), so either can become the other. Where all classes are
    known, the probabilities are the former ones, divided by their sum.

    Args:
        sigmoid: one sigmoid unit rather than softmax; None: as it is now, but softmax for other than two classes.

    Raises:
        HyperparameterError: a sigmoid output for other than two classes.
    """
    if sigmoid is None:
        sigmoid = classifier.sigmoid and len(class_names) == 2
    if (class_names, sigmoid) == (classifier.class_names, classifier.sigmoid):
        return classifier
    before = classifier.network.get_layer(classifier.head[-1])
    output = _output_layer(len(class_names), sigmoid=sigmoid)
    network = keras.Model(classifier.network.inputs[0], output(before.input), name=classifier.network.name)
    if known_classes(classifier, class_names):
        _keep_known(output, _logits_of(classifier, before), class_names)
    return replace(classifier, network=network, class_names=class_names)


def _output_layer(classes: int, *, sigmoid: bool) -> layers.Dense:
    """Return softmax over the classes, or one sigmoid unit for the second of two.

    Raises:
        HyperparameterError: a sigmoid unit for other than two classes.
    """
    if not sigmoid:
        return layers.Dense(classes, activation="softmax", dtype="float32", name="head_output")
    if classes != 2:
        raise HyperparameterError(f"output=sigmoid needs 2 classes, got {classes}: use softmax")
    return layers.Dense(1, activation="sigmoid", dtype="float32", name="head_output")


def _logits_of(classifier: Classifier, output: keras.layers.Dense) -> dict[str, np.ndarray]:
    """Return class -> the weights of its logit: one for each input, then the bias."""
    columns = list(_table(output).T)
    if classifier.sigmoid:
        columns.insert(0, np.zeros_like(columns[0]))
    return dict(zip(classifier.class_names, columns, strict=True))


def _keep_known(
    output: keras.layers.Dense, logits: dict[str, np.ndarray], class_names: tuple[str, ...]
) -> None:
    """Copy the known classes' weights into the output layer; the other classes keep their fresh ones."""
    fresh = _table(output)
    if output.units == 1:
        first, second = (logits.get(name, fresh[:, 0]) for name in class_names)
        table = (second - first)[:, None]
    else:
        columns = [logits.get(name, fresh[:, number]) for number, name in enumerate(class_names)]
        table = np.stack(columns, axis=1)
    output.set_weights([table[:-1], table[-1]])


def _table(output: keras.layers.Dense) -> np.ndarray:
    """Return the kernel with the bias as its last row: (inputs + 1, units)."""
    table: np.ndarray = np.vstack(output.get_weights())
    return table
