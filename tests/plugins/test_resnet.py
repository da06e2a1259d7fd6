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
    came, went = (np.asarray(one) for one in keras.Model(network.input, [before, after])(PIXELS))
    expected = np.pad(came[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (4, 4)))
    assert np.array_equal(went, expected)


def test_option_b_projects(small: Callable[[str], Classifier]) -> None:
    network = small("B").network
    projections = [layer for layer in network.layers if layer.name.endswith("shortcut_conv")]
    assert [(layer.kernel_size, layer.strides, layer.filters) for layer in projections] == [
        ((1, 1), (2, 2), 16),
        ((1, 1), (2, 2), 32),
    ]


def test_a_block_is_the_sum_of_its_residual_and_its_input(small: Callable[[str], Classifier]) -> None:
    network = small("A").network
    names = ("stem_relu", "stage1_block1_2_bn", "stage1_block1_relu")
    part = keras.Model(network.input, [network.get_layer(name).output for name in names])
    came, residual, went = (np.asarray(one) for one in part(PIXELS))
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
