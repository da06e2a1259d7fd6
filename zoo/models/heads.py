"""Heads for other classes: a new one, or the one that is there with an output for each class it is to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.models.classifier import Classifier, add_head, output_layer

if TYPE_CHECKING:
    from keras_tuner import HyperParameters


def new_head(classifier: Classifier, hp: HyperParameters, class_names: tuple[str, ...]) -> Classifier:
    """The same backbone, its very layers, with a new head for these classes.

    Raises:
        HyperparameterError: a sigmoid output for other than two classes.
    """
    return add_head(
        classifier.network.inputs[0], classifier.features, hp, class_names, classifier.freeze_points
    )


def known_classes(classifier: Classifier, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of these classes that the classifier has an output for, in the order given."""
    return tuple(name for name in class_names if name in classifier.class_names)


def with_classes(
    classifier: Classifier, class_names: tuple[str, ...], *, sigmoid: bool | None = None
) -> Classifier:
    """The same backbone and hidden layers of the head, the very layers, with an output for these classes.

    A class that the classifier knows keeps its weights, wherever it stands now; a new one gets fresh weights. A
    sigmoid unit with the logit z is softmax over the logits (0, z), so either becomes the other and says the same:
    where all classes are known, probabilities are those of before, divided by their sum.

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
    output = output_layer(len(class_names), sigmoid=sigmoid)
    network = keras.Model(classifier.network.inputs[0], output(before.input), name=classifier.network.name)
    if known_classes(classifier, class_names):
        _keep_known(output, _logits_of(classifier, before), class_names)
    return Classifier(network, class_names, classifier.head, classifier.freeze_points)


def _logits_of(classifier: Classifier, output: keras.layers.Dense) -> dict[str, np.ndarray]:
    """What makes the logit of each class: a weight for each input, and the bias last."""
    columns = list(_table(output).T)
    if classifier.sigmoid:
        columns.insert(0, np.zeros_like(columns[0]))
    return dict(zip(classifier.class_names, columns, strict=True))


def _keep_known(
    output: keras.layers.Dense, known: dict[str, np.ndarray], class_names: tuple[str, ...]
) -> None:
    """Give the output layer the known classes' weights; for the others it keeps those that it was made with."""
    fresh = _table(output)
    if output.units == 1:
        first, second = (known.get(name, fresh[:, 0]) for name in class_names)
        table = (second - first)[:, None]
    else:
        columns = [known.get(name, fresh[:, number]) for number, name in enumerate(class_names)]
        table = np.stack(columns, axis=1)
    output.set_weights([table[:-1], table[-1]])


def _table(output: keras.layers.Dense) -> np.ndarray:
    """Kernel, and the bias below it: (inputs + 1, units)."""
    table: np.ndarray = np.vstack(output.get_weights())
    return table
