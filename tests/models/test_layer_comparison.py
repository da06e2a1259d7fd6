"""A backbone builds the same layers each time, or the first one that differs is named."""

from __future__ import annotations

import itertools
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import pytest
from keras import Layer, Sequential, layers

from tests.architectures import architecture_of, build
from zoo.errors import ContractError
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.layer_comparison import change_in, layers_of, require_built_again
from zoo.models.space import choose
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = {"image_size": 8, "channels": 1}
MAY_DEPEND = (
    "a backbone may depend on nothing but `hp` and `inputs`, not on random numbers, the time or earlier calls"
)
builds = itertools.count(1)


class Opaque(Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer without a configuration that can be stored."""

    def get_config(self) -> dict[str, Any]:
        raise RuntimeError("not today")

    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


class Ending(Opaque):
    def get_config(self) -> dict[str, Any]:
        raise GeneratorExit


def other_width(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    filters = hp.Int("filters", 2, 4)
    return layers.Conv2D(filters + next(builds), 3, name="conv")(inputs)


def one_more_layer(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    hp.Int("filters", 2, 4)
    x = inputs
    for number in range(next(builds)):
        x = layers.Conv2D(2, 1, name=f"conv{number}")(x)
    return x


def steady(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    x = layers.RandomFlip()(layers.Conv2D(hp.Int("filters", 2, 4), 3)(inputs) * 2.0)
    return layers.Dropout(0.5)(layers.BatchNormalization()(x))


def opaque(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return Opaque(name="opaque")(layers.Conv2D(hp.Int("filters", 2, 4), 3)(inputs))


def ending(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return Ending(name="ending")(layers.Conv2D(hp.Int("filters", 2, 4), 3)(inputs))


def needs_weights(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    convolution = layers.Conv2D(hp.Int("filters", 2, 4), 3)
    features = convolution(inputs)
    if convolution.kernel._value is None:
        raise ValueError("no weights")
    return features


def importing(backbone: Callable[..., Any]) -> Callable[..., Any]:
    """Return the backbone with a module that creates a layer when the first build imports it."""
    imports = iter(["the first"])

    def importing_backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if next(imports, None):
            layers.Conv2D(1, 1)
        return backbone(hp, inputs)

    return importing_backbone


def compare(backbone: Callable[..., Any], **values: int) -> None:
    """Explore and build as a training does."""
    architecture = architecture_of(backbone, "mine")
    builder = SpaceBuilder(architecture, **SHAPE)
    hp = choose(explore(builder), values)
    expected = builder.layers(hp)
    start_fresh(0)
    classifier = build_classifier(architecture, hp, **SHAPE, class_names=("a", "b"))
    require_built_again(architecture, expected, classifier, partial(builder.layers_again, hp))


@pytest.mark.parametrize("values", [{}, {"filters": 4}], ids=["defaults", "other values"])
@pytest.mark.parametrize(
    ("backbone", "change"),
    [
        (other_width, r"layer 1 'conv' \(Conv2D\) has first filters=\d+, then \d+"),
        (
            one_more_layer,
            r"layer \d+ is first (missing, then 'conv\d+' \(Conv2D\)|'conv\d+' \(Conv2D\), then missing)",
        ),
    ],
)
def test_layers_that_change_are_refused(
    backbone: Callable[..., Any], change: str, values: dict[str, int]
) -> None:
    line = backbone.__code__.co_firstlineno
    message = (
        "architecture 'mine': built twice with the same hyperparameters, it has other layers: "
        rf"{change} \({__file__}:{line}\): {MAY_DEPEND}"
    )
    with pytest.raises(ContractError, match=f"^{message}$"):
        compare(backbone, **values)


@pytest.mark.parametrize("backbone", [steady, opaque, ending, needs_weights])
def test_layers_that_change_with_the_first_build_alone_are_not(backbone: Callable[..., Any]) -> None:
    compare(importing(backbone))


def test_layers_that_change_back_are_refused() -> None:
    filters = itertools.cycle([2, 3])

    def alternating(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return layers.Conv2D(next(filters), hp.Int("size", 1, 1))(inputs)

    with pytest.raises(ContractError, match=r"has first filters=\d, then \d"):
        compare(alternating)


def test_names_and_random_numbers_go_on_as_without_another_build() -> None:
    def next_ones(backbone: Callable[..., Any]) -> tuple[str, float, float]:
        compare(backbone)
        number = keras.ops.convert_to_numpy(keras.random.uniform(()))
        return layers.Conv2D(1, 1).name, float(number), random.random()

    assert next_ones(importing(steady)) == next_ones(steady)


def test_other_inputs_of_a_layer_are_a_change() -> None:
    (layer,) = layers_of(build(architecture_of(steady)).network)[1:2]
    assert change_in([layer], [{**layer, "inbound_nodes": []}]) == (
        "built twice with the same hyperparameters, it has other layers: layer 0 'conv2d' (Conv2D) has first one "
        "input, then another"
    )


@pytest.mark.parametrize("values", [{}, {"filters": 4}], ids=["defaults", "other values"])
@pytest.mark.parametrize("backbone", [steady, opaque, ending, needs_weights])
def test_layers_that_stay_the_same_are_not(backbone: Callable[..., Any], values: dict[str, int]) -> None:
    Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3)])  # Keras has numbered layers before
    compare(backbone, **values)


def test_layers_of_features_that_do_not_come_from_the_images_are_unknown() -> None:
    def elsewhere(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return layers.Input((4,))

    architecture = architecture_of(elsewhere)
    builder = SpaceBuilder(architecture, **SHAPE)
    hp = choose(explore(builder), {})
    assert builder.layers(hp) is None


def test_another_network_that_needs_weights_is_not_built_for_its_layers() -> None:
    builder = SpaceBuilder(architecture_of(needs_weights), **SHAPE)
    space = explore(builder)
    assert builder.layers(choose(space, {})) is not None
    assert builder.layers(choose(space, {"filters": 4})) is None


def test_the_default_network_is_not_built_once_more_for_its_layers() -> None:
    calls = itertools.count()

    def counted(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        next(calls)
        return steady(hp, inputs)

    builder = SpaceBuilder(architecture_of(counted), **SHAPE)
    space = explore(builder)
    before = next(calls)
    assert builder.layers(choose(space, {})) is not None
    assert next(calls) == before + 1
