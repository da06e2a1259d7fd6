"""Freezing: how far each way of saying it reaches, and that frozen layers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.errors import FreezeError
from zoo.models.freezing import count_parameters, freeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

WEIGHTED = ("block1_conv", "block1_bn", "block2_conv", "block2_bn")


@pytest.fixture
def classifier(build: Callable[..., Classifier]) -> Classifier:
    return build(head_units="8")


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("none", 0),
        ("0", 0),
        ("1", 1),
        ("3", 3),
        ("4", 4),
        ("all", 4),
        ("rescaling", 0),
        ("block1_conv", 1),
        ("block2_conv", 3),
        ("block1", 2),
        ("block2", 4),
    ],
)
def test_freeze_returns_the_frozen_layers_that_have_weights(
    classifier: Classifier, spec: str, count: int
) -> None:
    assert freeze(classifier, spec) == WEIGHTED[:count]


@pytest.mark.parametrize(("spec", "count"), [("none", 0), ("2", 2), ("all", 4)])
def test_frozen_layers_are_not_trainable(classifier: Classifier, spec: str, count: int) -> None:
    freeze(classifier, spec)
    assert [classifier.network.get_layer(name).trainable for name in WEIGHTED] == [False] * count + [True] * (
        4 - count
    )


def test_freezing_a_stage_freezes_its_last_layer(classifier: Classifier) -> None:
    freeze(classifier, "block1")
    assert not classifier.network.get_layer("block1_relu").trainable


def test_the_head_always_trains(classifier: Classifier) -> None:
    freeze(classifier, "all")
    assert all(classifier.network.get_layer(name).trainable for name in classifier.head)


def test_freezing_anew_forgets_what_was_frozen_before(classifier: Classifier) -> None:
    freeze(classifier, "all")
    assert freeze(classifier, "1") == ("block1_conv",)
    assert classifier.network.get_layer("block2_conv").trainable


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (
            "5",
            "cannot freeze 5 layers: the model has 4 layers with weights before its head; give 0 to 4, or all",
        ),
        ("-1", "cannot freeze -1 layers: .* give 0 to 4"),
        ("--1", "no layer or freeze point '--1'"),
        ("²", "no layer or freeze point '²'"),
        ("", "no layer or freeze point ''"),
        ("block3", "no layer or freeze point 'block3': .* a name such as block[12], "),
        ("head_output", "cannot freeze up to 'head_output': it is in the head, which always trains"),
    ],
)
def test_freeze_refuses(classifier: Classifier, spec: str, complaint: str) -> None:
    with pytest.raises(FreezeError, match=complaint):
        freeze(classifier, spec)


def test_a_refused_freeze_changes_nothing(classifier: Classifier) -> None:
    freeze(classifier, "1")
    with pytest.raises(FreezeError):
        freeze(classifier, "5")
    assert not classifier.network.get_layer("block1_conv").trainable


@pytest.mark.parametrize(
    ("spec", "trainable", "non_trainable"),
    # Two blocks of 1·9·4+4 and 4·9·4+4 weights with 2·4 + 2·4 of normalisation each; the head 4·8+8 and 8·2+2.
    [("none", 40 + 148 + 16 + 58, 16), ("block1", 148 + 8 + 58, 40 + 8 + 16), ("all", 58, 40 + 148 + 32)],
)
def test_parameters_are_counted(
    classifier: Classifier, spec: str, trainable: int, non_trainable: int
) -> None:
    freeze(classifier, spec)
    counts = count_parameters(classifier.network)
    assert (counts.trainable, counts.non_trainable) == (trainable, non_trainable)


def test_the_total_is_what_keras_counts(classifier: Classifier) -> None:
    assert count_parameters(classifier.network).total == classifier.network.count_params()


@pytest.fixture
def moved(classifier: Classifier) -> set[str]:
    """Layers whose weights moved in a training with the first block frozen."""
    freeze(classifier, "block1")
    network = classifier.network
    before = {weight.path: weight.numpy() for weight in network.weights}
    pixels = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1)).astype(np.float32)
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(pixels, np.arange(16) % 2, epochs=2, verbose=0)
    return {weight.path for weight in network.weights if not np.array_equal(before[weight.path], weight)}


def test_a_frozen_layer_does_not_move_in_training(moved: set[str]) -> None:
    """Neither its weights nor the moving statistics of its normalisation."""
    assert not [path for path in moved if path.startswith("block1")]


@pytest.mark.parametrize("path", ["block2_conv/kernel", "block2_bn/moving_mean", "head_output/kernel"])
def test_what_is_not_frozen_moves_in_training(moved: set[str], path: str) -> None:
    assert path in moved


def test_frozen_normalisation_stays_in_inference_mode(classifier: Classifier) -> None:
    freeze(classifier, "all")
    normalisation = classifier.network.get_layer("block1_bn")
    features = np.random.default_rng(0).normal(5, 3, (4, 8, 8, 4)).astype(np.float32)
    assert np.array_equal(normalisation(features, training=True), normalisation(features, training=False))
