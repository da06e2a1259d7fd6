"""Heads for other classes: what the classifier knew it still says, in whatever form."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import keras
import keras_tuner
import numpy as np
import pytest

from zoo.errors import HyperparameterError
from zoo.models.heads import known_classes, new_head, with_classes
from zoo.models.hyperparameters import declare
from zoo.models.inputs import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

# From dark to bright, since noise alone averages out.
PIXELS = np.linspace(0, 255, 6, dtype=np.float32)[:, None, None, None] * np.random.default_rng(0).uniform(
    0, 1, (6, 8, 8, 1)
).astype(np.float32)


@pytest.fixture
def trained(build: Callable[..., Classifier]) -> Callable[..., Classifier]:
    """Build a classifier whose biases are not zero any more and whose probabilities differ."""

    def built(classes: int = 3, output: str = "softmax", **hyperparameters: float | str) -> Classifier:
        classifier = build(classes=classes, output=output, **hyperparameters)
        rng = np.random.default_rng(1)
        for layer in classifier.network.layers:
            if hasattr(layer, "kernel"):
                layer.set_weights([rng.normal(0, 1, weight.shape) for weight in layer.get_weights()])
        return classifier

    return built


def output_of(classifier: Classifier) -> keras.layers.Dense:
    return classifier.network.get_layer("head_output")


def probabilities(classifier: Classifier) -> np.ndarray:
    """Of each class, also where one unit stands for two: (images, classes)."""
    outputs = np.asarray(classifier.network(PIXELS), np.float64)
    return np.hstack([1 - outputs, outputs]) if classifier.sigmoid else outputs


def row(classifier: Classifier, number: int) -> np.ndarray:
    """Weights and bias of one unit of the output."""
    return np.vstack(output_of(classifier).get_weights())[:, number]


# The classes that it knows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("classes", "output"), [(2, "softmax"), (2, "sigmoid"), (3, "softmax"), (4, "softmax")]
)
def test_probabilities_of_the_parents_classes_are_renormalised(
    trained: Callable[..., Classifier], classes: int, output: str
) -> None:
    """For all of its classes, fewer of them, in every order, softmax or sigmoid."""
    parent = trained(classes, output, head_units="8")
    before = probabilities(parent)
    assert np.ptp(before, axis=0).min() > 0.01
    for count in range(2, classes + 1):
        for numbers in permutations(range(classes), count):
            names = tuple(parent.class_names[number] for number in numbers)
            expected = before[:, numbers] / before[:, numbers].sum(axis=1, keepdims=True)
            for sigmoid in (False, True) if count == 2 else (False,):
                child = with_classes(parent, names, sigmoid=sigmoid)
                assert (child.class_names, child.sigmoid) == (names, sigmoid)
                np.testing.assert_allclose(probabilities(child), expected, rtol=2e-5, atol=1e-7)


def test_a_sigmoid_unit_that_became_softmax_becomes_the_same_unit_again(
    trained: Callable[..., Classifier],
) -> None:
    parent = trained(2, "sigmoid")
    there = with_classes(parent, parent.class_names, sigmoid=False)
    again = with_classes(there, parent.class_names, sigmoid=True)
    assert np.array_equal(row(again, 0), row(parent, 0))


@pytest.mark.parametrize(("output", "same_weights"), [("softmax", False), ("sigmoid", True)])
def test_two_classes_keep_their_kind_of_output(
    trained: Callable[..., Classifier], output: str, same_weights: bool
) -> None:
    assert with_classes(trained(2, output), ("class1", "class0")).sigmoid is same_weights


def test_more_classes_make_a_sigmoid_unit_softmax(trained: Callable[..., Classifier]) -> None:
    assert not with_classes(trained(2, "sigmoid"), ("class0", "class1", "new")).sigmoid


def test_the_same_classes_change_nothing(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    assert with_classes(parent, parent.class_names) is parent


def test_the_parents_classes_come_in_the_new_order(trained: Callable[..., Classifier]) -> None:
    assert known_classes(trained(), ("new", "class2", "Class1", "class0")) == ("class2", "class0")


# New classes -----------------------------------------------------------------------------------------------


def test_a_class_of_the_parent_among_new_ones_keeps_its_row(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    child = with_classes(parent, ("new", "class2", "newer", "class0"))
    assert np.array_equal(row(child, 1), row(parent, 2))
    assert np.array_equal(row(child, 3), row(parent, 0))


@pytest.mark.parametrize("names", [("new", "class2", "newer"), ("new", "newer", "newest")])
def test_a_new_class_gets_keras_initial_values(
    trained: Callable[..., Classifier], names: tuple[str, ...]
) -> None:
    """The same whenever the seed is the same."""
    parent = trained()
    keras.utils.set_random_seed(7)
    child = with_classes(parent, names)
    keras.utils.set_random_seed(7)
    fresh = keras.layers.Dense(3)
    fresh.build((None, 4))
    for number in [0, 2]:
        assert np.array_equal(row(child, number), [*fresh.kernel.numpy()[:, number], 0])


@pytest.mark.parametrize(
    ("names", "sign", "number"),
    [(("new", "class1"), -1, 1), (("class1", "new"), 1, 1), (("new", "class0"), -1, 0)],
)
def test_one_unit_for_an_old_and_a_new_class_has_the_row_of_each(
    trained: Callable[..., Classifier], names: tuple[str, str], sign: int, number: int
) -> None:
    parent = trained()
    keras.utils.set_random_seed(7)
    unit = row(with_classes(parent, names, sigmoid=True), 0)
    keras.utils.set_random_seed(7)
    fresh = keras.layers.Dense(1)
    fresh.build((None, 4))
    drawn = np.array([*fresh.kernel.numpy()[:, 0], 0])
    np.testing.assert_allclose(unit, sign * (drawn - row(parent, number)), rtol=1e-6)


def test_one_unit_for_two_new_classes_is_as_keras_draws_it(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    keras.utils.set_random_seed(7)
    child = with_classes(parent, ("new", "newer"), sigmoid=True)
    keras.utils.set_random_seed(7)
    fresh = keras.layers.Dense(1)
    fresh.build((None, 4))
    assert np.array_equal(row(child, 0), [*fresh.kernel.numpy()[:, 0], 0])


def test_sigmoid_is_for_two_classes(trained: Callable[..., Classifier]) -> None:
    with pytest.raises(HyperparameterError, match="output=sigmoid needs 2 classes, got 3: use softmax"):
        with_classes(trained(), ("a", "b", "c"), sigmoid=True)


# What stays ------------------------------------------------------------------------------------------------


def test_all_layers_but_the_last_are_the_very_layers(trained: Callable[..., Classifier]) -> None:
    parent = trained(head_units="8,6", dropout=0.5)
    child = with_classes(parent, ("class1", "new"))
    pairs = list(zip(parent.network.layers, child.network.layers, strict=True))
    assert [new is old for old, new in pairs] == [True] * (len(pairs) - 1) + [False]


def test_the_head_keeps_its_names_and_the_classifier_its_freeze_points(
    trained: Callable[..., Classifier],
) -> None:
    parent = trained(head_units="8", dropout=0.5)
    child = with_classes(parent, ("class1", "new"))
    assert child.head == ("head_pooling", "head_dense_1", "head_dropout", "head_output")
    assert (child.freeze_points, child.network.name) == (("block1", "block2"), "classifier")


def test_the_classifier_before_stays_as_it_was(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    before = probabilities(parent)
    with_classes(parent, ("class2", "new"))
    assert np.array_equal(probabilities(parent), before)


# A new head ------------------------------------------------------------------------------------------------


@pytest.fixture
def hp() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    declare(hp)
    return hp


@pytest.fixture
def headed_anew(
    build: Callable[..., Classifier], hp: keras_tuner.HyperParameters
) -> tuple[Classifier, Classifier]:
    old = build(head_units="16")
    return old, new_head(old, hp, ("x", "y", "z"))


def test_a_new_head_is_for_the_new_classes(headed_anew: tuple[Classifier, Classifier]) -> None:
    _, new = headed_anew
    assert (new.class_names, new.network.output_shape) == (("x", "y", "z"), (None, 3))


def test_a_new_head_leaves_the_backbone_its_weights(headed_anew: tuple[Classifier, Classifier]) -> None:
    old, new = headed_anew
    for name in ("block1_conv", "block2_bn"):
        assert new.network.get_layer(name) is old.network.get_layer(name)


def test_a_new_head_has_nothing_of_the_old_one(headed_anew: tuple[Classifier, Classifier]) -> None:
    old, new = headed_anew
    assert new.head == ("head_pooling", "head_dropout", "head_output")
    assert new.network.get_layer("head_output") is not old.network.get_layer("head_output")


def test_a_new_head_keeps_the_freeze_points(headed_anew: tuple[Classifier, Classifier]) -> None:
    assert headed_anew[1].freeze_points == ("block1", "block2")


def test_a_new_head_goes_where_none_is(
    build: Callable[..., Classifier], hp: keras_tuner.HyperParameters
) -> None:
    old = build(pooling="flatten")
    headless = rebuild(old, image_size=16, channels=1, keep_head=False)
    new = new_head(headless, hp, ("x", "y", "z"))
    assert new.head == ("head_pooling", "head_dropout", "head_output")
    assert (new.network.input_shape, new.network.output_shape) == ((None, 16, 16, 1), (None, 3))
