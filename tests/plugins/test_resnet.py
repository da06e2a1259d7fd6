"""The residual network against He et al. 2015, section 4.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

from zoo.models.freezing import count_parameters, freeze
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo import Architecture
    from zoo.models.classifier import Classifier

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def resnet() -> Architecture:
    return load_plugins().architecture("resnet")


@pytest.fixture
def small(build: Callable[..., Classifier], resnet: Architecture) -> Callable[[str], Classifier]:
    """Eight layers deep, with this shortcut."""
    return lambda shortcut: build(resnet, image_size=32, channels=3, depth=8, width=8, shortcut=shortcut)


@pytest.mark.parametrize(("preset", "millions"), [("resnet20", 0.27), ("resnet32", 0.46), ("resnet56", 0.85)])
def test_a_preset_has_the_papers_number_of_parameters(
    build: Callable[..., Classifier], resnet: Architecture, preset: str, millions: float
) -> None:
    """Table 6 of the paper, for the 10 classes of CIFAR-10."""
    built = build(resnet, image_size=32, channels=3, classes=10, **resnet.presets[preset])
    assert round(count_parameters(built.network).trainable / 1e6, 2) == millions


@pytest.mark.parametrize("depth", [8, 14, 20])
def test_depth_counts_the_layers_with_weights(
    build: Callable[..., Classifier], resnet: Architecture, depth: int
) -> None:
    network = build(resnet, image_size=32, channels=3, depth=depth, width=8).network
    weighted = [layer for layer in network.layers if layer.name.endswith(("_conv", "head_output"))]
    assert len(weighted) == depth


def test_the_image_is_halved_between_stages(small: Callable[[str], Classifier]) -> None:
    network = small("A").network
    shapes = [network.get_layer(f"stage{stage}_block1_relu").output.shape[1:] for stage in (1, 2, 3)]
    assert shapes == [(32, 32, 8), (16, 16, 16), (8, 8, 32)]


def test_option_a_adds_no_parameters(small: Callable[[str], Classifier]) -> None:
    assert not [layer for layer in small("A").network.layers if "shortcut" in layer.name and layer.weights]


def test_option_a_takes_every_second_pixel_and_pads_channels_with_zeros(
    small: Callable[[str], Classifier],
) -> None:
    network = small("A").network
    before, after = (
        network.get_layer(name).output for name in ("stage1_block1_relu", "stage2_block1_shortcut_pad_back")
    )
    came, went = (np.asarray(output) for output in keras.Model(network.input, [before, after])(PIXELS))
    expected = np.pad(came[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (4, 4)))
    assert np.array_equal(went, expected)


def test_option_b_projects(small: Callable[[str], Classifier]) -> None:
    network = small("B").network
    projections = [layer for layer in network.layers if layer.name.endswith("shortcut_conv")]
    assert [(layer.kernel_size, layer.filters) for layer in projections] == [((1, 1), 16), ((1, 1), 32)]


def test_a_projection_takes_every_second_pixel(small: Callable[[str], Classifier]) -> None:
    """A strided 1×1 convolution would be the same, but its kernel in TensorFlow can end the process."""
    network = small("B").network
    names = ("stage1_block1_relu", "stage2_block1_shortcut_stride")
    came, went = keras.Model(network.input, [network.get_layer(name).output for name in names])(PIXELS)
    assert parents_of(network, "stage2_block1_shortcut_conv") == [names[1]]
    assert np.array_equal(went, came[:, ::2, ::2])


def test_a_block_is_the_sum_of_its_residual_and_its_input(small: Callable[[str], Classifier]) -> None:
    network = small("A").network
    names = ("stem_relu", "stage1_block1_2_bn", "stage1_block1_relu")
    part = keras.Model(network.input, [network.get_layer(name).output for name in names])
    came, residual, went = (np.asarray(output) for output in part(PIXELS))
    assert np.allclose(went, np.maximum(came + residual, 0), atol=1e-6)


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_freezing_a_stage_freezes_nothing_of_the_next(
    small: Callable[[str], Classifier], shortcut: str
) -> None:
    frozen = freeze(small(shortcut), "stage1")
    assert {name.split("_")[0] for name in frozen} == {"stem", "stage1"}


def test_the_presets_train_as_the_paper_does(resnet: Architecture) -> None:
    preset = resnet.presets["resnet20"]
    assert (preset["optimizer"], preset["learning_rate"], preset["schedule"], preset["batch_size"]) == (
        "sgd",
        0.1,
        "step",
        128,
    )


# Preactivation -------------------------------------------------------------------------------------------


@pytest.fixture
def preactivated(build: Callable[..., Classifier], resnet: Architecture) -> Callable[[str], Classifier]:
    """Eight layers deep, normalised before each convolution, with this shortcut."""
    return lambda shortcut: build(
        resnet, image_size=32, channels=3, depth=8, width=8, shortcut=shortcut, preactivation=True
    )


def parents_of(network: keras.Model, name: str) -> list[str]:
    return [node.operation.name for node in network.get_layer(name)._inbound_nodes[0].parent_nodes]


def test_normalisation_and_relu_come_before_each_convolution_but_the_first(
    preactivated: Callable[[str], Classifier],
) -> None:
    network = preactivated("A").network
    convolutions = [layer.name for layer in network.layers if layer.name.endswith("_conv")]
    before = {name: parents_of(network, name) for name in convolutions}
    assert before.pop("stem_conv") == ["rescaling"]
    assert before == {name: [name.replace("_conv", "_relu")] for name in convolutions[1:]}
    assert [parents_of(network, relu) for (relu,) in before.values()] == [
        [name.replace("_conv", "_bn")] for name in convolutions[1:]
    ]


def test_nothing_but_additions_is_on_the_way_through(preactivated: Callable[[str], Classifier]) -> None:
    """He et al. 2016: a block is the sum of its residual and its input, no ReLU after it."""
    network = preactivated("A").network
    names = ("stem_conv", "stage1_block1_2_conv", "stage1_block1_add")
    part = keras.Model(network.input, [network.get_layer(name).output for name in names])
    came, residual, went = (np.asarray(output) for output in part(PIXELS))
    assert (went < 0).any()
    assert np.allclose(went, came + residual, atol=1e-6)


def test_the_last_sum_is_normalised(preactivated: Callable[[str], Classifier]) -> None:
    network = preactivated("A").network
    assert parents_of(network, "stage3_end_bn") == ["stage3_block1_add"]
    assert parents_of(network, "head_pooling") == ["stage3_end_relu"]


def test_a_projection_takes_normalised_features(preactivated: Callable[[str], Classifier]) -> None:
    network = preactivated("B").network
    assert parents_of(network, "stage2_block1_shortcut_stride") == ["stage2_block1_1_relu"]


def test_a_padded_shortcut_takes_the_sum_itself(preactivated: Callable[[str], Classifier]) -> None:
    network = preactivated("A").network
    assert parents_of(network, "stage2_block1_shortcut_stride") == ["stage1_block1_add"]


@pytest.mark.parametrize("preactivation", [False, True])
def test_each_convolution_is_drawn_as_he_does_and_has_no_bias(
    build: Callable[..., Classifier], resnet: Architecture, preactivation: bool
) -> None:
    network = build(resnet, image_size=32, channels=3, depth=8, preactivation=preactivation).network
    convolutions = [layer for layer in network.layers if layer.name.endswith("_conv")]
    assert len(convolutions) == 7
    assert {(layer.use_bias, type(layer.kernel_initializer).__name__) for layer in convolutions} == {
        (False, "HeNormal")
    }


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize(("point", "stages"), [("stem", ()), ("stage1", (1,)), ("stage3", (1, 2, 3))])
def test_freezing_a_preactivated_stage_freezes_all_of_it_and_no_more(
    preactivated: Callable[[str], Classifier], shortcut: str, point: str, stages: tuple[int, ...]
) -> None:
    classifier = preactivated(shortcut)
    frozen = freeze(classifier, point)
    stage_names = ("stem", *(f"stage{stage}_" for stage in stages))
    assert frozen == tuple(
        layer.name
        for layer in classifier.network.layers
        if layer.name.startswith(stage_names) and layer.weights
    )
