"""Refusals when a classifier is built, before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import AUGMENTING, architecture_of
from zoo.errors import ContractError
from zoo.models.building import SpaceBuilder
from zoo.models.exploration import explore

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


def half() -> keras.layers.Layer:
    return keras.layers.Lambda(lambda x: x / 2, output_shape=lambda shape: shape, name="half")


def in_a_wrapper() -> keras.layers.Layer:
    return keras.layers.TimeDistributed(half(), name="each_row")


def in_a_wrapped_network() -> keras.layers.Layer:
    return keras.layers.TimeDistributed(keras.Sequential([half()]), name="each_row")


@pytest.mark.parametrize("layer", [half, in_a_wrapper, in_a_wrapped_network])
def test_a_lambda_is_refused_wherever_it_is(
    build: Callable[..., Classifier], layer: Callable[[], keras.layers.Layer]
) -> None:
    """It would train and be stored, and could then never be loaded."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return layer()(keras.layers.Conv2D(2, 3, name="conv")(inputs))

    with pytest.raises(
        ContractError,
        match=r"architecture 'code': 'half' is a Lambda layer, .*: call keras\.ops.*Architecture\.custom_layers",
    ):
        build(architecture_of(backbone, "code"))


@pytest.mark.parametrize("kind", [list, tuple])
def test_several_outputs_are_refused(build: Callable[..., Classifier], kind: Callable[..., Any]) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return kind([inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs)])

    with pytest.raises(ContractError) as error:
        build(architecture_of(backbone, "two"))
    assert str(error.value) == (
        f"architecture 'two': backbone returns 2 tensors in a {kind.__name__}: return one, for its one head "
        f"({__file__}:{backbone.__code__.co_firstlineno})"
    )


def test_a_layer_with_another_shape_in_predictions_is_refused(build: Callable[..., Classifier]) -> None:
    """Keras crops in training only."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return keras.layers.RandomCrop(6, 6, name="crop")(inputs)

    with pytest.raises(ContractError) as error:
        build(architecture_of(backbone, "crops"))
    assert str(error.value) == (
        "architecture 'crops': layer 'crop' (RandomCrop) returns 6×6×1 in training and 8×8×1 in predictions: "
        "use keras.layers.CenterCrop or Resizing, and --augmentation for random changes "
        f"({__file__}:{backbone.__code__.co_firstlineno})"
    )


def test_augmentation_and_resizing_are_no_change_of_shape(build: Callable[..., Classifier]) -> None:
    assert build(AUGMENTING).network.get_layer("resizing")


def alike(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    for _ in range(2):
        inputs = keras.layers.Conv2D(2, 3, name="conv")(inputs)
    return inputs


def test_two_layers_of_one_name_are_refused_as_such(build: Callable[..., Classifier]) -> None:
    with pytest.raises(ContractError) as error:
        build(architecture_of(alike, "alike"))
    assert str(error.value) == (
        "architecture 'alike': 2 of its layers have the name 'conv': give each its own name "
        f"({__file__}:{alike.__code__.co_firstlineno})"
    )


def test_features_without_a_value_are_refused(build: Callable[..., Classifier]) -> None:
    """TensorFlow aborts the process at 0 channels, and the mean of 0 pixels is NaN."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return inputs[..., :0]

    with pytest.raises(ContractError) as error:
        build(architecture_of(backbone, "empty"))
    assert str(error.value) == (
        "architecture 'empty': its features have the shape (None, 8, 8, 0), without a single value: slice and pool "
        f"less, so that each axis is at least 1 ({__file__}:{backbone.__code__.co_firstlineno})"
    )


def test_features_that_are_no_real_numbers_are_refused(build: Callable[..., Classifier]) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return keras.ops.cast(inputs, "complex64")

    with pytest.raises(ContractError) as error:
        build(architecture_of(backbone, "complex"))
    assert str(error.value) == (
        "architecture 'complex': its features are of type complex64: return real numbers "
        f"({__file__}:{backbone.__code__.co_firstlineno})"
    )


@pytest.mark.parametrize("name", ["a\nb", "a b", "é"])
def test_a_name_that_is_no_scope_of_tensorflow_is_refused(
    build: Callable[..., Classifier], name: str
) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return keras.layers.Conv2D(2, 3, name=name)(inputs)

    with pytest.raises(ContractError) as error:
        build(architecture_of(backbone, "named"))
    assert str(error.value) == (
        f"architecture 'named': a layer has the name {name!r}: give it one of the letters a to z, digits, '_', '-' "
        f"and '.' alone ({__file__}:{backbone.__code__.co_firstlineno})"
    )


def test_a_layer_that_is_kept_from_an_earlier_build_is_refused(build: Callable[..., Classifier]) -> None:
    layers: list[Any] = []

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if not layers:
            layers.append(keras.layers.Conv2D(2, 3, name="conv"))
        return layers[0](inputs)

    architecture = architecture_of(backbone, "keeping")
    explore(SpaceBuilder(architecture, image_size=8, channels=1))
    with pytest.raises(ContractError) as error:
        build(architecture)
    assert str(error.value) == (
        "architecture 'keeping': its layer 'conv' was made in an earlier build, and its weights have no values: make "
        "every layer anew in each call of the backbone, and keep none in a global "
        f"({__file__}:{backbone.__code__.co_firstlineno})"
    )


def test_what_a_backbone_prints_goes_to_standard_error(
    build: Callable[..., Classifier], capsys: pytest.CaptureFixture[str]
) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        print("building")
        return keras.layers.Conv2D(2, 3)(inputs)

    build(architecture_of(backbone))
    out, err = capsys.readouterr()
    assert (out, set(err.splitlines())) == ("", {"building"})
