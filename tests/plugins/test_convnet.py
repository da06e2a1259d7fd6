"""The convnet: what its presets are, layer for layer, and how blocks are planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zoo import Architecture, ZooError
from zoo.models.building import SpaceBuilder
from zoo.models.exploration import explore
from zoo.models.space import choose
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


@pytest.fixture(scope="module")
def convnet() -> Architecture:
    return load_plugins().architecture("convnet")


@pytest.fixture
def layer_of(build: Callable[..., Classifier], convnet: Architecture) -> Callable[[str], Any]:
    """The layers of the preset `fingers` at the size of its recipe."""
    network = build(convnet, image_size=224, channels=3, classes=4, **convnet.presets["fingers"]).network
    return network.get_layer  # type: ignore[no-any-return]


def test_fingers_has_three_blocks_then_dense_layers(
    build: Callable[..., Classifier], convnet: Architecture
) -> None:
    built = build(convnet, image_size=224, channels=3, classes=4, **convnet.presets["fingers"])
    blocks = [f"block{i}_{part}" for i in (1, 2, 3) for part in ("conv", "relu", "pool")]
    dense = ["head_pooling", "head_dense_1", "head_dense_2", "head_output"]
    assert [layer.name for layer in built.network.layers] == ["pixels", "rescaling", *blocks, *dense]


@pytest.mark.parametrize(("block", "filters", "kernel"), [(1, 6, 3), (2, 16, 4), (3, 16, 5)])
def test_a_convolution_of_fingers(
    layer_of: Callable[[str], Any], block: int, filters: int, kernel: int
) -> None:
    layer = layer_of(f"block{block}_conv")
    assert (layer.filters, layer.kernel_size, layer.strides, layer.padding, layer.use_bias) == (
        filters,
        (kernel, kernel),
        (1, 1),
        "same",
        True,
    )


@pytest.mark.parametrize(("block", "pool", "side"), [(1, 2, 112), (2, 4, 56), (3, 2, 28)])
def test_a_pooling_of_fingers(layer_of: Callable[[str], Any], block: int, pool: int, side: int) -> None:
    """Every one halves the image: stride 2, whatever its size."""
    layer = layer_of(f"block{block}_pool")
    assert type(layer).__name__ == "MaxPooling2D"
    assert (layer.pool_size, layer.strides, layer.padding) == ((pool, pool), (2, 2), "same")
    assert layer.output.shape[1:3] == (side, side)


@pytest.mark.parametrize(
    ("name", "units", "activation"),
    [("head_dense_1", 256, "relu"), ("head_dense_2", 128, "relu"), ("head_output", 4, "softmax")],
)
def test_a_dense_layer_of_fingers(
    layer_of: Callable[[str], Any], name: str, units: int, activation: str
) -> None:
    assert (layer_of(name).units, layer_of(name).activation.__name__) == (units, activation)


def test_fingers_flattens(layer_of: Callable[[str], Any]) -> None:
    assert layer_of("head_pooling").output.shape == (None, 28 * 28 * 16)


def test_chest_xray_has_one_sigmoid_unit(build: Callable[..., Classifier], convnet: Architecture) -> None:
    assert build(convnet, **convnet.presets["chest-xray"]).sigmoid


def test_chest_xray_is_trained_by_rmsprop(convnet: Architecture) -> None:
    assert convnet.presets["chest-xray"]["optimizer"] == "rmsprop"


def test_mobi_scan_drops_out(build: Callable[..., Classifier], convnet: Architecture) -> None:
    assert "head_dropout" in build(convnet, **convnet.presets["mobi-scan"]).head


def test_mobi_scan_augments(convnet: Architecture) -> None:
    assert convnet.presets["mobi-scan"]["augmentation"] != "none"


@pytest.mark.parametrize("preset", ["fingers", "mobi-scan", "chest-xray"])
def test_a_preset_has_no_batch_normalisation(
    build: Callable[..., Classifier], convnet: Architecture, preset: str
) -> None:
    network = build(convnet, **convnet.presets[preset]).network
    assert not [layer.name for layer in network.layers if layer.name.endswith("_bn")]


# Blocks ----------------------------------------------------------------------------------------------------


def filters_of(classifier: Classifier) -> list[int]:
    return [layer.filters for layer in classifier.network.layers if layer.name.endswith("_conv")]


def test_blocks_grow_twice_as_wide_up_to_256(build: Callable[..., Classifier], convnet: Architecture) -> None:
    assert filters_of(build(convnet, image_size=16, blocks=4, filters=64)) == [64, 128, 256, 256]


def test_a_plan_decides_the_blocks(build: Callable[..., Classifier], convnet: Architecture) -> None:
    assert filters_of(build(convnet, plan="4x3/2 9x1/2")) == [4, 9]


def test_a_planned_pool_of_one_keeps_the_size(
    build: Callable[..., Classifier], convnet: Architecture
) -> None:
    assert build(convnet, plan="4x3/1").network.get_layer("block1_pool").output.shape == (None, 8, 8, 4)


def test_a_plan_switches_the_searched_blocks_off(convnet: Architecture) -> None:
    space = explore(SpaceBuilder(convnet, image_size=8, channels=1))
    assert {"blocks", "filters", "kernel"} & choose(space, {"plan": "4x3/2"}).values.keys() == set()


@pytest.mark.parametrize("kind", ["max", "average"])
def test_the_kind_of_pooling(build: Callable[..., Classifier], convnet: Architecture, kind: str) -> None:
    layer = build(convnet, pool_kind=kind).network.get_layer("block1_pool")
    assert type(layer).__name__ == f"{kind.capitalize()}Pooling2D"


@pytest.mark.parametrize(
    "plan", ["6", "6x3", "6x3/2,16x4/4", "0x3/2", "6x0/2", "6x3/0", "-6x3/2", "axb/c", " "]
)
def test_a_bad_plan_is_refused(build: Callable[..., Classifier], convnet: Architecture, plan: str) -> None:
    with pytest.raises(ZooError, match=r"plan must be filters x kernel / pool of each block, such as"):
        build(convnet, plan=plan)
