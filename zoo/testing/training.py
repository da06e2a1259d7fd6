"""The checks of an architecture that train its networks, by the same code as `zoo train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ContractError
from zoo.interfaces import FeatureOptions, Progress, Sampling
from zoo.models.call_outputs import equal_bits
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier
from zoo.models.heads import new_head
from zoo.models.space import choose
from zoo.testing.contract import some
from zoo.testing.layers import distance
from zoo.testing.networks import BATCH, CLASSES, restore, restoring
from zoo.training.prefix_caching import Work, find_trainable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.models.classifier import Classifier
    from zoo.testing.networks import Networks

SHARES = (0.1, 0.01, 0.001)  # of the loss, by which a step would lower it if the loss were linear
TINY = 1e-30  # in place of a slope of 0
STEP = 0.01
SAME = 0.01  # largest difference of two changes of a weight, relative to the change
WORK = Work(1, BATCH, "none", 0, Sampling())


def trains(networks: Networks) -> None:
    """Take the gradient of every weight and a step against it, then train an epoch."""
    classifier = networks.classifier
    network, weights = classifier.network, _backbone_weights(classifier)
    with restoring(network) as before:
        with tf.GradientTape() as tape:
            loss = _loss(networks, network)
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        _refuse_untracked(tape.watched_variables(), network)
        _refuse_idle_weights(weights, gradients)
        slope = float(tf.linalg.global_norm(gradients)) ** 2
        for share in SHARES:
            restore(before)  # including the seeds, so that dropout drops the same units
            rate = share * float(loss) / max(slope, TINY)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.assign_sub(tf.cast(rate * tf.convert_to_tensor(gradient), weight.dtype))
            after = _loss(networks, network)
            if after < loss:
                break
        else:
            raise ContractError(
                f"a step against the gradient leaves the loss at {float(after):.4g}, before it was {float(loss):.4g}: "
                "check for a layer with a wrong custom gradient, or for overflow"
            )
    _ = networks.trained


def _loss(networks: Networks, network: keras.Model) -> tf.Tensor:
    return keras.losses.CategoricalCrossentropy()(networks.labels, network(networks.pixels, training=True))


def _refuse_untracked(variables: Iterable[tf.Variable], network: keras.Model) -> None:
    """Refuse variables that would train but are not tracked by Keras, because a layer reads them from outside."""
    tracked = {id(variable.value) for variable in network.variables}
    untracked = [variable.name for variable in variables if id(variable) not in tracked]
    if untracked:
        raise ContractError(
            f"its layers read variables that belong to no layer and never train ({some(untracked)}): "
            "create them with add_weight in the keras.layers.Layer that reads them"
        )


def _backbone_weights(classifier: Classifier) -> list[keras.Variable]:
    """Return the backbone's weights that train. zoo's head alone would lower the loss whatever the backbone does."""
    layers = [layer for layer in classifier.network.layers if layer.name not in classifier.head]
    return [weight for layer in layers for weight in layer.trainable_variables]


def _refuse_idle_weights(weights: list[keras.Variable], gradients: list[tf.Tensor | None]) -> None:
    if not weights:
        raise ContractError(
            "the backbone has no weights that train: create them in Keras layers, trainable=True"
        )
    idle = [weight.path for weight, gradient in zip(weights, gradients, strict=True) if gradient is None]
    if idle:
        raise ContractError(
            f"{len(idle)} of {len(weights)} weights get no gradient, so they never train ({some(idle)}): "
            "check for stop_gradient, or for NumPy or Python code in a layer"
        )


def frozen(networks: Networks) -> None:
    """Freeze up to the end of each stage; at a middle one, and at the end of the backbone, also train an epoch."""
    points = networks.classifier.freeze_points
    weighted = [layer for layer in networks.classifier.network.layers if layer.weights]
    middle = points[(len(points) - 1) // 2] if points else str(len(weighted) // 2)
    for spec in dict.fromkeys((*points, middle, "all")):
        classifier = new_head(networks.classifier, choose(networks.space, {}), CLASSES)
        with restoring(classifier.network):
            frozen_layers = set(freeze(classifier, spec))
            _check_parts(networks, classifier, spec)
            _check_still(networks, classifier, spec, frozen_layers)
        if spec in (middle, "all"):
            _check_cached(networks, classifier, spec)


def _check_parts(networks: Networks, classifier: Classifier, spec: str) -> None:
    """Check that the frozen and the other layers, one part after the other, return what the whole network does."""
    frontier = find_frontier(classifier)
    if frontier is None:
        return
    whole = np.asarray(classifier.network(networks.pixels, training=False))
    parts = np.asarray(
        frontier.suffix.network(frontier.prefix(networks.pixels, training=False), training=False)
    )
    if not equal_bits(parts, whole):
        raise ContractError(
            f"frozen with --freeze {spec}, the network returns other outputs from the activations of its frozen layers "
            f"than from pixels, {distance(parts, whole)}: a layer must return the same for equal inputs in inference"
        )


def _check_still(networks: Networks, classifier: Classifier, spec: str, frozen_layers: set[str]) -> None:
    network, head = classifier.network, set(classifier.head)
    before = [
        (layer.name, weight, np.array(weight.numpy())) for layer in network.layers for weight in layer.weights
    ]
    training = find_trainable(
        classifier, networks.decoded, WORK, FeatureOptions("off"), Progress()
    ).classifier.network
    # Adam's steps are as large where gradients are small, such as those behind a LayerScale.
    training.compile(keras.optimizers.Adam(STEP), "categorical_crossentropy", run_eagerly=True)
    training.train_on_batch(networks.pixels, networks.labels)
    # As bytes, because NaN differs from itself.
    changed = [
        (name, weight.path) for name, weight, value in before if weight.numpy().tobytes() != value.tobytes()
    ]
    changed_frozen = [path for name, path in changed if name in frozen_layers]
    if changed_frozen:
        raise ContractError(
            f"frozen with --freeze {spec}, {some(changed_frozen)} changed in a training step: a layer must not assign "
            "to its weights while its `trainable` is False"
        )
    for part, names in {"head": head, "backbone": {name for name, _, _ in before} - head}.items():
        trainable = {name for name, weight, _ in before if name in names - frozen_layers and weight.trainable}
        if trainable and not trainable & {name for name, _ in changed}:
            raise ContractError(
                f"frozen with --freeze {spec}, no other weight of the {part} changed in a training step: "
                "check for gradients that are zero, or for a layer that sets `trainable` itself"
            )


def _check_cached(networks: Networks, classifier: Classifier, spec: str) -> None:
    """Check that an epoch on cached activations changes the weights as one on pixels does.

    They are the same bits if TensorFlow uses one thread; several may add up the values of a batch in another order.
    """
    variables = classifier.network.variables
    before = [np.array(variable.numpy()) for variable in variables]
    ends: list[list[np.ndarray]] = []
    for mode in ("off", "on"):
        with restoring(classifier.network):
            networks.fit(classifier, spec, mode, optimizer="sgd")
            ends.append([np.array(variable.numpy()) for variable in variables])
    changed = zip(variables, before, *ends, strict=True)
    different = [variable.path for variable, *values in changed if not _is_same_change(*values)]
    if different:
        raise ContractError(
            f"frozen with --freeze {spec}, an epoch on cached activations of the frozen layers changes "
            f"{some(different)} otherwise than one on pixels: a frozen layer must return the same for an image in "
            "training as in inference"
        )


def _is_same_change(before: np.ndarray, left: np.ndarray, right: np.ndarray) -> bool:
    if before.dtype.kind != "f":
        return equal_bits(left, right)
    start, change = before.astype(np.float64), np.abs(left.astype(np.float64) - before)
    tolerance = SAME * np.max(change, initial=0) + 4 * float(np.finfo(before.dtype).eps) * np.abs(start)
    return bool(np.all(np.abs(left.astype(np.float64) - right) <= tolerance))
