"""Weights files into the networks of Keras Applications: the right ones arrive, the wrong ones are one line."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras_tuner import HyperParameters

from tests.plugins.weights_files import SIDE, keras_network, save
from zoo import ZooError, load_weights
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARCHITECTURES = load_plugins().architectures
FORMATS = ("weights.h5", "keras", "older.h5", "whole.h5")


def backbone(name: str, weights: Path | str | None, **values: Any) -> keras.Model:
    hp = HyperParameters()
    for hyperparameter, value in values.items():
        hp.Fixed(hyperparameter, value)
    pixels = keras.Input((SIDE[name], SIDE[name], 3))
    features = ARCHITECTURES[name].backbone(hp, pixels, weights=None if weights is None else str(weights))
    return keras.Model(pixels, features)


def weights_of(network: keras.Model) -> list[np.ndarray]:
    return [weight for layer in network.layers for weight in layer.get_weights()]


def same(arrays: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(map(np.array_equal, arrays, expected)) and len(arrays) == len(expected)


# Right files ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources() -> dict[bool, keras.Model]:
    """Keras's own network without and with its top."""
    return {top: keras_network("mobilenet-v2", top=top) for top in (False, True)}


@pytest.fixture(scope="module")
def target() -> keras.Model:
    """The network of the architecture, with weights of its own."""
    return backbone("mobilenet-v2", None, alpha=0.35)


@pytest.mark.parametrize("top", [False, True], ids=["bare", "with-top"])
@pytest.mark.parametrize("kind", FORMATS)
def test_each_weight_arrives(
    tmp_path: Path, sources: dict[bool, keras.Model], target: keras.Model, kind: str, top: bool
) -> None:
    target.set_weights([np.zeros_like(weight) for weight in target.get_weights()])
    load_weights(target, str(save(sources[top], tmp_path / f"file.{kind}")))
    arrived = weights_of(target)
    assert len(arrived) == 260
    assert same(arrived, weights_of(sources[top])[:260])


def test_a_backbone_has_the_weights_of_the_file(tmp_path: Path, sources: dict[bool, keras.Model]) -> None:
    network = backbone("mobilenet-v2", save(sources[False], tmp_path / "file.weights.h5"), alpha=0.35)
    assert same(weights_of(network), weights_of(sources[False]))


def test_names_that_keras_numbers_do_not_matter(tmp_path: Path) -> None:
    """InceptionV3's layers are called conv2d_17, or otherwise, as many as were made before them."""
    source = keras_network("inception-v3", top=True)
    network = backbone("inception-v3", save(source, tmp_path / "file.older.h5"))
    arrived = weights_of(network)
    assert [layer.name for layer in network.layers[3:9]] != [layer.name for layer in source.layers[1:7]]
    assert same(arrived, weights_of(source)[: len(arrived)])


@pytest.fixture(scope="module")
def vgg16() -> keras.Model:
    return keras_network("vgg16", top=True)


@pytest.mark.parametrize("kind", ["weights.h5", "older.h5"])
def test_the_dense_layers_of_vgg_arrive(tmp_path: Path, vgg16: keras.Model, kind: str) -> None:
    network = backbone("vgg16", save(vgg16, tmp_path / f"file.{kind}"), fully_connected=True)
    assert network.layers[-1].name == "fc2"
    assert same(weights_of(network), weights_of(vgg16)[:-2])


def test_the_convolutions_of_vgg_arrive_from_a_file_with_the_top(tmp_path: Path, vgg16: keras.Model) -> None:
    network = backbone("vgg16", save(vgg16, tmp_path / "file.older.h5"))
    assert same(weights_of(network), weights_of(vgg16)[:26])


# Wrong files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["weights.h5", "keras", "older.h5"])
def test_a_file_without_the_dense_layers_that_are_asked_for(
    tmp_path: Path, vgg16: keras.Model, kind: str
) -> None:
    bare = keras.Model(vgg16.input, vgg16.get_layer("block5_pool").output)
    path = save(bare, tmp_path / f"file.{kind}")
    assert refusal(lambda: backbone("vgg16", path, fully_connected=True)) == (
        f"weights {path} do not fit the network: 4 of 30 variables get nothing; the file has no tensor for fc1/kernel "
        f"(512, 4096); {ADVICE}"
    )


ADVICE = "give a file that was saved from the same network, with the same hyperparameters"


def refusal(call: Callable[[], object]) -> str:
    """The message, which is one line."""
    with pytest.raises(ZooError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def other_networks() -> Callable[[str], keras.Model]:
    """Build a network of `keras.applications`, of another kind or as wide again, once."""

    @cache
    def network(name: str) -> keras.Model:
        make = getattr(keras.applications, name)
        arguments = {} if name == "MobileNetV3Small" else {"alpha": 0.5}
        return make(include_top=False, weights=None, input_shape=(32, 32, 3), **arguments)

    return network


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        *(("MobileNetV2", kind) for kind in FORMATS),
        ("MobileNet", "weights.h5"),
        ("MobileNet", "older.h5"),
        ("MobileNetV3Small", "keras"),
    ],
)
def test_the_file_of_another_network(
    tmp_path: Path, target: keras.Model, other_networks: Callable, other: str, kind: str
) -> None:
    path = save(other_networks(other), tmp_path / f"file.{kind}")
    message = refusal(lambda: load_weights(target, str(path)))
    assert message.startswith(f"weights {path} do not fit the network: ")
    assert " variables get nothing; " in message


def test_imagenet_weights_of_vggs_dense_layers_need_their_size() -> None:
    assert refusal(lambda: backbone("vgg16", "imagenet", fully_connected=True)) == (
        "the ImageNet weights of VGG16's dense layers are for images of 224×224, not 32×32: use that size, or set "
        "fully_connected=False"
    )
