"""The backbones of hypermodels: their space, their layers, and what of them is left out."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers
from keras_tuner.applications import HyperEfficientNet, HyperImageAugment, HyperResNet, HyperXception

import zoo
from tests.models.hypermodels import Loops, Shaped, plain
from zoo.errors import ContractError, ZooError
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.hyperparameters import OWN
from zoo.models.space import choose

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

    from zoo.models.classifier import Classifier


def architecture_of(hypermodel: Any, **fields: Any) -> zoo.Architecture:
    return zoo.from_hypermodel(hypermodel, name="hyper", summary="a hypermodel", reference="none", **fields)


def space_of(hypermodel: Any, size: int = 16, **fields: Any) -> HyperParameters:
    return explore(SpaceBuilder(architecture_of(hypermodel, **fields), image_size=size, channels=3))


def own_in(space: HyperParameters) -> dict[str, dict[str, list[Any]]]:
    """Each name with its conditions, without zoo's own."""
    return {
        hp.name: {condition.name: condition.values for condition in hp.conditions}
        for hp in space.space
        if hp.name not in OWN
    }


def conditions_of(hypermodel: Any, **fields: Any) -> dict[str, dict[str, list[Any]]]:
    return own_in(space_of(hypermodel, **fields))


def built(
    hypermodel: Any, size: int = 16, values: Any = (), weights: str | None = None, **fields: Any
) -> Classifier:
    architecture, shape = architecture_of(hypermodel, **fields), {"image_size": size, "channels": 3}
    hp = choose(explore(SpaceBuilder(architecture, **shape)), dict(values))
    return build_classifier(architecture, hp, **shape, class_names=("a", "b"), weights=weights)


@pytest.fixture(scope="module")
def loops() -> HyperParameters:
    return space_of(Loops())


def layers_of(classifier: Classifier) -> list[str]:
    return [layer.name for layer in classifier.network.layers[1:] if layer.name not in classifier.head]


def test_loops_and_conditional_scopes_are_explored_and_the_head_s_hyperparameters_left_out(
    loops: HyperParameters,
) -> None:
    assert own_in(loops) == {
        "net/kind": {},
        "net/blocks": {},
        "net/filters_0": {"net/kind": ["plain"]},
        "net/filters_1": {"net/blocks": [2, 3], "net/kind": ["plain"]},
        "net/filters_2": {"net/blocks": [3], "net/kind": ["plain"]},
        "net/separable_0": {"net/kind": ["separable"]},
        "net/separable_1": {"net/blocks": [2, 3], "net/kind": ["separable"]},
        "net/separable_2": {"net/blocks": [3], "net/kind": ["separable"]},
    }


def test_a_network_is_built_with_its_values_and_without_its_head_and_augmentation(
    loops: HyperParameters,
) -> None:
    hp = choose(loops, {"net/kind": "separable", "net/blocks": 2, "net/separable_1": 12})
    classifier = build_classifier(
        architecture_of(Loops()), hp, image_size=16, channels=3, class_names=("a", "b")
    )
    assert layers_of(classifier) == [
        "rescaling",
        "separable_conv2d",
        "max_pooling2d",
        "separable_conv2d_1",
        "max_pooling2d_1",
    ]
    assert classifier.features.shape == (None, 4, 4, 12)


def test_images_of_another_size_than_the_hypermodel_s_are_accepted() -> None:
    assert built(plain, size=20).features.shape == (None, 18, 18, 2)


def test_hyperparameters_that_are_read_before_the_layers_can_be_ignored() -> None:
    assert set(conditions_of(plain)) == {"net/learning_rate", "net/filters"}
    assert set(conditions_of(plain, ignore=("learning_*",))) == {"net/filters"}


def test_a_hyperparameter_of_a_loop_around_the_layers_is_searched() -> None:
    """It is read after the layer has been called, and then decides how often it is called again."""

    def repeated(hp: Any) -> keras.Model:
        pixels = keras.Input((8, 8, 3))
        block = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same")])
        x = pixels
        for _ in range(hp.Int("repeats", 1, 3)):
            x = block(x)
        x = layers.GlobalAveragePooling2D()(x)
        return keras.Model(pixels, layers.Dense(hp.Int("units", 2, 4))(x))

    assert set(conditions_of(repeated)) == {"net/repeats"}


def test_a_hyperparameter_that_selects_the_features_is_searched() -> None:
    """It is read when all layers of the backbone have been called."""

    def selecting(hp: Any) -> keras.Model:
        pixels = keras.Input((8, 8, 3))
        early = layers.Conv2D(3, 3, name="early")(pixels)
        late = layers.Conv2D(3, 3, name="late")(early)
        x = layers.GlobalAveragePooling2D()(late if hp.Boolean("deep", default=True) else early)
        return keras.Model(pixels, layers.Dense(hp.Int("units", 2, 4))(x))

    assert set(conditions_of(selecting)) == {"net/deep"}
    assert layers_of(built(selecting, values={"net/deep": False})) == ["early"]


def test_where_keras_s_counters_are_reset_all_hyperparameters_are_searched() -> None:
    def resetting(hp: Any) -> keras.Model:
        for _ in range(30):  # so that the numbers before the reset are higher than those after it
            layers.ReLU()(keras.Input((8,)))
        filters = hp.Int("filters", 2, 4)
        keras.backend.clear_session(free_memory=False)
        pixels = keras.Input((8, 8, 3))
        x = layers.GlobalAveragePooling2D()(layers.Conv2D(filters, 3)(pixels))
        return keras.Model(pixels, layers.Dense(hp.Int("units", 2, 4))(x))

    assert set(conditions_of(resetting)) == {"net/filters", "net/units"}


def test_what_is_not_tunable_is_not_searched() -> None:
    assert conditions_of(Shaped((16, 16, 3), tunable=False)) == {}


@pytest.mark.parametrize(
    "shaped",
    [Shaped(input_shape=(8, 8, 3)), Shaped(input_tensor=keras.Input((8, 8, 3)))],
    ids=["shape", "tensor"],
)
def test_a_hypermodel_is_built_for_the_shape_of_the_images(shaped: Shaped) -> None:
    before = dict(vars(shaped))
    assert built(shaped, size=32).network.get_layer("conv2d").kernel_size == (8, 8)
    assert vars(shaped) == before


def test_pixels_are_scaled_if_asked() -> None:
    classifier = built(plain, size=28, scaling=1 / 255)
    assert layers_of(classifier) == ["scaling", "conv2d"]
    assert classifier.network.get_layer("scaling").scale == 1 / 255


def test_the_head_can_begin_where_its_author_says() -> None:
    assert built(plain, size=28, features="global_max_pooling2d").features.shape == (None, 2)


def test_augmentation_at_the_start_is_left_out() -> None:
    def augmented(hp: Any) -> keras.Model:
        augmentation = HyperImageAugment(input_shape=(16, 16, 3), augment_layers=2)
        pixels = keras.Input((16, 16, 3))
        x = layers.RandomFlip()(layers.Rescaling(1 / 255)(augmentation.build(hp)(pixels)))
        x = layers.RandomContrast(0.1, name="in_the_middle")(layers.Conv2D(hp.Int("filters", 2, 4), 3)(x))
        return keras.Model(pixels, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))

    ignore = ("factor_*", "augment_layers")
    assert set(conditions_of(augmented, ignore=ignore)) == {"net/filters"}
    assert layers_of(built(augmented, ignore=ignore)) == ["rescaling", "conv2d", "in_the_middle"]


def test_two_outputs_are_refused() -> None:
    def two(hp: Any) -> keras.Model:
        pixels = keras.Input((16, 16, 3))
        return keras.Model(pixels, [pixels, pixels + 1])

    with pytest.raises(ContractError, match="architecture 'hyper': its network returns 2 tensors"):
        space_of(two)


def test_two_inputs_are_refused() -> None:
    def two(hp: Any) -> keras.Model:
        pixels, more = keras.Input((16, 16, 3)), keras.Input((4,))
        joined = layers.Concatenate()([layers.Flatten()(pixels), more])
        return keras.Model([pixels, more], layers.Dense(2)(joined))

    with pytest.raises(ContractError, match="architecture 'hyper': its network takes 2 inputs"):
        space_of(two)


class Subclassed(keras.Model):  # type: ignore[misc]  # Keras is untyped
    def call(self, inputs: Any) -> Any:
        return inputs


@pytest.mark.parametrize("model", [5, Subclassed()], ids=["number", "subclassed"])
def test_what_is_no_graph_of_layers_is_refused(model: object) -> None:
    expected = (
        r"architecture 'hyper': its hypermodel must build a functional or Sequential keras\.Model, .* got"
    )
    with pytest.raises(ContractError, match=expected):
        space_of(lambda hp: model)


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        ((16, 16, 1), "channels=1 to from_hypermodel"),
        (
            (28, 28, 1),
            "channels=1 to from_hypermodel, and sizes=zoo.Sizes.only(28) unless it takes other sizes too",
        ),
        ((28, 28, 3), "sizes=zoo.Sizes.only(28) to from_hypermodel"),
        ((None, None, 1), "channels=1 to from_hypermodel"),
    ],
)
def test_a_network_for_images_of_its_own_shape_is_refused(shape: Any, advice: str) -> None:
    def fixed(hp: Any) -> keras.Model:
        body = [layers.Conv2D(2, 3), layers.Reshape((13, -1, 2))] if shape[0] == 28 else [layers.Conv2D(2, 3)]
        return keras.Sequential([keras.Input(shape), *body, layers.GlobalMaxPooling2D(), layers.Dense(2)])

    with pytest.raises(ContractError) as caught:
        space_of(fixed)
    own = "×".join("any" if size is None else str(size) for size in shape)
    assert str(caught.value) == (
        f"architecture 'hyper': its network is built for images of {own} and cannot take 16×16×3: pass {advice} "
        f"({__file__}:{architecture_of.__code__.co_firstlineno + 1})"
    )


def test_a_sequential_model_without_inputs_is_built_for_the_images() -> None:
    def without(hp: Any) -> keras.Model:
        return keras.Sequential(
            [layers.Conv2D(hp.Int("filters", 2, 4), 3), layers.Flatten(), layers.Dense(3)]
        )

    assert conditions_of(without) == {"net/filters": {}}
    assert built(without).features.shape == (None, 14, 14, 2)


def test_a_failed_download_is_reported_in_one_line() -> None:
    def downloading(hp: Any) -> keras.Model:
        raise Exception("URL fetch failure on https://x/y.h5: None -- offline\nmore")

    with pytest.raises(
        ZooError, match=r"'hyper': its hypermodel downloads weights .* https://x/y.h5: None -- offline;"
    ):
        space_of(downloading)


def test_weights_are_refused_for_other_hypermodels() -> None:
    with pytest.raises(ContractError, match="only HyperEfficientNet can load weights"):
        built(plain, size=28, weights="imagenet")


@pytest.mark.large
def test_hyper_resnet() -> None:
    def hypermodel() -> HyperResNet:
        return HyperResNet(input_shape=(32, 32, 3), classes=10)

    assert set(conditions_of(hypermodel, size=32)) == {"net/version", "net/conv3_depth", "net/conv4_depth"}


@pytest.mark.large
def test_hyper_xception() -> None:
    assert set(conditions_of(HyperXception(input_shape=(32, 32, 3), classes=10), size=32)) == {
        "net/activation",
        "net/conv2d_num_filters",
        "net/kernel_size",
        "net/initial_strides",
        "net/sep_num_filters",
        "net/num_residual_blocks",
    }


@pytest.mark.large
def test_hyper_efficientnet_without_its_weights_and_augmentation() -> None:
    augmentation = HyperImageAugment(input_shape=(32, 32, 3))
    hypermodel = HyperEfficientNet(input_shape=(32, 32, 3), classes=10, augmentation_model=augmentation)
    architecture, shape = architecture_of(hypermodel), {"image_size": 32, "channels": 3}
    hp = choose(space_of(hypermodel, size=32), {})
    assert {name for name in hp.values if name not in OWN} == {"net/version"}
    first, second = (
        build_classifier(architecture, hp, **shape, class_names=("a", "b")).network for _ in range(2)
    )
    assert [layer.name for layer in first.layers[1:4]] == ["resizing", "rescaling", "normalization"]
    kernels = [network.get_layer("stem_conv").kernel for network in (first, second)]
    assert not np.array_equal(*kernels)  # random ones, as no weights were asked for


@pytest.mark.large
def test_the_larger_versions_of_hyper_efficientnet_are_not_built_to_find_its_hyperparameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions: list[str] = []

    def recorded(version: str, network: Any, **arguments: Any) -> keras.Model:
        versions.append(version)
        return network(**arguments)

    networks = sys.modules[HyperEfficientNet.__module__].EFFICIENTNET_MODELS
    for version, network in networks.items():
        monkeypatch.setitem(networks, version, partial(recorded, version, network))
    hypermodel = HyperEfficientNet(input_shape=(32, 32, 3), classes=10)
    architecture, shape = architecture_of(hypermodel), {"image_size": 32, "channels": 3}
    space = explore(SpaceBuilder(architecture, **shape))
    assert own_in(space) == {"net/version": {}}
    assert set(versions) == {"B0"}
    hp = choose(space, {"net/version": "B1"})
    network = build_classifier(architecture, hp, **shape, class_names=("a", "b")).network
    assert versions[-1] == "B1"
    assert network.get_layer("block7b_project_conv")  # which B0 lacks
