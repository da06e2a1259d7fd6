"""Where the head of a foreign classifier is found to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import pytest
from keras import layers, ops

from zoo.errors import ContractError
from zoo.models.head_cutting import features_of

if TYPE_CHECKING:
    from collections.abc import Callable

MAPS = (None, 8, 8, 4)


@pytest.fixture
def pixels() -> keras.KerasTensor:
    return keras.Input((8, 8, 3), name="pixels")


def maps(pixels: Any) -> Any:
    return layers.Conv2D(4, 3, padding="same", activation="relu", name="maps")(pixels)


def pooled_then_dense(pixels: Any) -> Any:
    return layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(maps(pixels)))


def deep_head(pixels: Any) -> Any:
    x = layers.Dropout(0.5)(layers.Flatten()(maps(pixels)))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(8)(x)))
    return layers.Softmax()(layers.Dense(3)(layers.LayerNormalization()(x)))


def functions(pixels: Any) -> Any:
    return ops.softmax(layers.Dense(3)(ops.mean(maps(pixels), axis=(1, 2))))


def pooled(pixels: Any) -> Any:
    return layers.GlobalMaxPooling2D()(maps(pixels))


@pytest.mark.parametrize("network", [maps, pooled, pooled_then_dense, deep_head, functions])
def test_the_features_are_the_last_maps(network: Callable[[Any], Any], pixels: keras.KerasTensor) -> None:
    features = features_of(network(pixels), "it")
    assert features.shape == MAPS
    assert features._keras_history.operation.name == "maps"


def tokens(pixels: Any) -> Any:
    x = layers.Reshape((64, 4))(maps(pixels))
    return layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D(name="last")(x))


def one_token(pixels: Any) -> Any:
    x = layers.Reshape((64, 4))(maps(pixels))
    return layers.Dense(3)(layers.Identity(name="last")(layers.Cropping1D((0, 63))(x)[:, 0]))


def merged(pixels: Any) -> Any:
    x = maps(pixels)
    both = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    return layers.Dense(3)(layers.Dropout(0.5)(layers.Concatenate(name="last")(both)))


def dense_layers(pixels: Any) -> Any:
    x = layers.Dense(8, "relu")(layers.Flatten()(layers.Rescaling(1 / 255)(pixels)))
    return layers.Dense(3, "softmax")(layers.Dense(4, "relu", name="last")(x))


@pytest.mark.parametrize("network", [tokens, merged, dense_layers])
def test_where_there_are_no_maps_the_features_are_a_vector(
    network: Callable[[Any], Any], pixels: keras.KerasTensor
) -> None:
    features = features_of(network(pixels), "it")
    assert len(features.shape) == 2
    assert features._keras_history.operation.name == "last"


def test_a_token_is_a_vector(pixels: keras.KerasTensor) -> None:
    assert features_of(one_token(pixels), "it").shape == (None, 4)


def convolutional_head(pixels: Any) -> Any:
    x = layers.Conv2D(3, 1, name="classes")(maps(pixels))
    return layers.Softmax()(layers.GlobalAveragePooling2D()(x))


def test_a_head_without_a_dense_layer_is_refused(pixels: keras.KerasTensor) -> None:
    outputs = convolutional_head(pixels)
    with pytest.raises(ContractError, match=r"it: its head has no Dense layer, .* features=NAME"):
        features_of(outputs, "it")
    assert features_of(outputs, "it", "maps").shape == MAPS


def test_a_name_ends_the_features(pixels: keras.KerasTensor) -> None:
    x = layers.GlobalAveragePooling2D(name="avg_pool")(maps(pixels))
    assert features_of(layers.Dense(3)(x), "it", "avg_pool").shape == (None, 4)


def test_an_unknown_name_is_refused_with_the_nearest(pixels: keras.KerasTensor) -> None:
    with pytest.raises(ContractError, match=r"it: its network has no layer 'map', .*; available: maps"):
        features_of(pooled(pixels), "it", "map")
