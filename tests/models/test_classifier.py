"""Classifiers: a backbone checked, a head of every kind, one flat network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.architectures import TINY, VECTOR, WEIGHTLESS, architecture_of, explored
from zoo.errors import ContractError, HyperparameterError
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.hyperparameters import declare

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


def head(classifier: Classifier) -> list[keras.layers.Layer]:
    return [classifier.network.get_layer(name) for name in classifier.head]


def broken(backbone: Callable[..., Any]) -> Classifier:
    architecture = architecture_of(backbone, "broken")
    return build_classifier(
        architecture, keras_tuner.HyperParameters(), image_size=8, channels=1, class_names=("a", "b")
    )


# What is declared --------------------------------------------------------------------------------------------


def declared(backbone: Callable[..., Any]) -> set[str]:
    build = SpaceBuilder(architecture_of(backbone), image_size=8, channels=1)
    return {hp.name for hp in explore(build).space}


def test_collecting_declarations_creates_no_weights() -> None:
    shapes: list[tuple[int, ...]] = []

    def initializer(shape: tuple[int, ...], dtype: Any = None) -> Any:
        if tf.executing_eagerly():  # Keras asks for shapes in a graph of its own
            shapes.append(tuple(shape))
        return keras.ops.zeros(shape, dtype)

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return layers.Conv2D(hp.Int("filters", 2, 4), 3, kernel_initializer=initializer)(inputs)

    assert ("filters" in declared(backbone), shapes) == (True, [])
    keras.Sequential([keras.Input((2,)), layers.Dense(1)])  # nor with the network that comes next
    assert shapes == []


def test_a_backbone_may_look_at_its_weights() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        convolution = layers.Conv2D(hp.Int("filters", 2, 4), 3)
        features = convolution(inputs)
        convolution.set_weights([kernel * 2 for kernel in convolution.get_weights()])
        return features

    assert "filters" in declared(backbone)


def test_a_layer_may_create_a_variable_from_an_array() -> None:
    """Keras refuses that where variables have no values."""

    class Numbers(layers.Layer):  # type: ignore[misc]  # Keras is untyped
        def build(self, shape: Any) -> None:
            self.numbers = keras.Variable(np.arange(3), dtype="float32", trainable=False)

        def call(self, inputs: Any) -> Any:
            return inputs + self.numbers

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return layers.Conv2D(hp.Int("filters", 2, 4), 3)(Numbers()(layers.Conv2D(3, 3)(inputs)))

    assert "filters" in declared(backbone)


def test_an_exception_of_a_backbone_is_raised() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        raise RuntimeError("no such block")

    with pytest.raises(RuntimeError, match="no such block"):
        declared(backbone)


# The backbone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dropout", "learning_rate", "output"])
def test_a_backbone_must_not_declare_zoos_own_names(name: str) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        hp.Fixed(name, 0.5)
        return layers.ReLU()(inputs)

    with pytest.raises(ContractError, match=f"'broken' declares {name}, which zoo itself declares"):
        broken(backbone)


def test_zoos_own_names_may_be_in_the_space_before() -> None:
    """A trial's space holds them already when the backbone is called."""
    hp = keras_tuner.HyperParameters()
    declare(hp)
    built = build_classifier(WEIGHTLESS, hp, image_size=8, channels=1, class_names=("a", "b"))
    assert built.image_size == 8


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        (lambda inputs: None, "backbone must return a tensor"),
        (lambda inputs: [inputs, inputs], "backbone returns 2 tensors in a list: return one"),
        (
            lambda inputs: layers.Reshape((8, 8))(inputs),
            r"its features are tokens, \(None, 8, 8\): write pool=",
        ),
        (lambda inputs: layers.Reshape((1, 2, 2, 16))(inputs), "backbone must return a tensor"),
        (lambda inputs: np.zeros((1, 8)), "backbone must return a tensor"),
    ],
    ids=["nothing", "a list", "tokens", "five axes", "an array"],
)
def test_a_backbone_must_return_features(features: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(ContractError, match=f"'broken': {reason}"):
        broken(lambda hp, inputs, *, weights=None: features(inputs))


def test_a_backbone_must_not_hold_a_model_within_the_model() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        inner = keras.Input(inputs.shape[1:])
        return keras.Model(inner, layers.Conv2D(2, 3)(inner), name="inner")(inputs)

    with pytest.raises(ContractError, match="'inner' is a model inside the model"):
        broken(backbone)


def test_features_must_come_from_the_pixels() -> None:
    with pytest.raises(ContractError, match="'broken': its features do not come from its inputs"):
        broken(lambda hp, inputs, *, weights=None: keras.Input((4,)))


def weights_passed(weights: str) -> list[str | None]:
    """Return the `weights` argument that a backbone gets."""
    arguments = []

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        arguments.append(weights)
        return layers.ReLU()(inputs)

    build_classifier(
        architecture_of(backbone, weights=("imagenet",)),
        keras_tuner.HyperParameters(),
        image_size=8,
        channels=1,
        class_names=("a", "b"),
        weights=weights,
    )
    return arguments


@pytest.mark.parametrize("weights", ["imagenet", "./net.h5"])
def test_a_backbone_gets_the_weights(weights: str) -> None:
    assert weights_passed(weights) == [weights]


# The head --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pooling", "kind"),
    [
        ("avg", layers.GlobalAveragePooling2D),
        ("max", layers.GlobalMaxPooling2D),
        ("flatten", layers.Flatten),
    ],
)
def test_the_head_pools(build: Callable[..., Classifier], pooling: str, kind: type) -> None:
    assert isinstance(head(build(pooling=pooling))[0], kind)


def test_a_vector_of_features_is_not_pooled(build: Callable[..., Classifier]) -> None:
    built = build(VECTOR, dropout=0.0)
    assert built.head == ("head_output",)


def test_nothing_about_pooling_is_searched_where_there_is_none() -> None:
    space = explored(VECTOR, image_size=8, channels=1)
    assert [type(hp).__name__ for hp in space.space if hp.name == "pooling"] == ["Fixed"]


def test_the_head_has_hidden_units(build: Callable[..., Classifier]) -> None:
    hidden = [layer.units for layer in head(build(head_units="16,8")) if layer.name.startswith("head_dense")]
    assert hidden == [16, 8]


@pytest.mark.parametrize(("rate", "layer_names"), [(0.0, []), (0.5, ["head_dropout"])])
def test_the_head_drops_out(build: Callable[..., Classifier], rate: float, layer_names: list[str]) -> None:
    assert [name for name in build(dropout=rate).head if "dropout" in name] == layer_names


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_softmax_has_a_unit_for_each_class(build: Callable[..., Classifier], classes: int) -> None:
    built = build(classes=classes)
    output = head(built)[-1]
    assert (output.units, output.activation.__name__, built.sigmoid) == (classes, "softmax", False)


def test_sigmoid_has_one_unit(build: Callable[..., Classifier]) -> None:
    built = build(output="sigmoid")
    output = head(built)[-1]
    assert (output.units, output.activation.__name__, built.sigmoid) == (1, "sigmoid", True)


def test_sigmoid_is_for_two_classes(build: Callable[..., Classifier]) -> None:
    with pytest.raises(HyperparameterError, match="output=sigmoid needs 2 classes, got 3: use softmax"):
        build(classes=3, output="sigmoid")


# The network -----------------------------------------------------------------------------------------------


def test_the_network_is_flat(build: Callable[..., Classifier]) -> None:
    assert not [layer for layer in build().network.layers if isinstance(layer, keras.Model)]


def test_the_network_takes_raw_pixels(build: Callable[..., Classifier]) -> None:
    """The same weights on pixels 0-255 and, scaled in the test, behind the rescaling, give the same."""
    built = build()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
    rescaling = built.network.get_layer("rescaling")
    behind = keras.Model(rescaling.output, built.network.output)
    assert np.allclose(built.network(pixels), behind(pixels.astype(np.float32) / 255), atol=1e-6)


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (13, 3)])
def test_a_classifier_knows_its_input(build: Callable[..., Classifier], size: int, channels: int) -> None:
    built = build(image_size=size, channels=channels)
    assert (built.image_size, built.channels) == (size, channels)


def test_freeze_points_that_this_network_lacks_are_left_out(
    build: Callable[..., Classifier],
) -> None:
    built = build(architecture_of(TINY.backbone, freeze_points=("block1", "block2", "block3")))
    assert built.freeze_points == ("block1", "block2")
