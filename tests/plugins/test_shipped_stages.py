"""The stages of every shipped architecture: each layer in one, each freezes exactly the layers up to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugins.explored import build_explored
from tests.plugins.hub_modules import save_network
from tests.plugins.large_networks import DEEPER, LARGE
from zoo.models.content import from_content, to_content
from zoo.models.freezing import freeze
from zoo.models.stages import count_by_stage, stage_of, stages
from zoo.plugins import load_plugins
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.layers import of_manifest
from zoo.registry.manifest import read_manifest, save_content

if TYPE_CHECKING:
    from zoo.interfaces import LayerInfo, ModelContent
    from zoo.models.classifier import Classifier

ARCHITECTURES = load_plugins().architectures

# Each stage with its number of layers that have weights, from the pixels to the features.
STAGES = {
    "convnet": "block1 2, block2 2, block3 2",
    # The layers between two stages make the images smaller, and go with the second.
    "convnext-tiny": "stem 2, stage_0 15, stage_1 17, stage_2 47, stage_3 17, tail 1",
    "densenet121": "conv1 2, conv2 24, pool2 2, conv3 48, pool3 2, conv4 96, pool4 2, conv5 64, tail 1",
    "efficientnet-v2": "stem 2, block1 2, block2 8, block3 8, block4 24, block5 40, block6 64, top 2",
    "inception-v3": "stem 10, mixed0 14, mixed1 14, mixed2 14, mixed3 8, mixed4 20, mixed5 20, mixed6 20, mixed7 20, "
    "mixed8 12, mixed9 18, mixed10 18",
    # A depthwise convolution goes with the pointwise one after it.
    "keras-hub": "conv1 2, stack0 4, stack1 6, stack2 6, stack3 6",
    "mobilenet": f"conv1 2, {', '.join(f'conv_pw_{number} 4' for number in range(1, 14))}",
    "mobilenet-v2": "stem 2, expanded_conv 4, "
    f"{', '.join(f'block_{number} 6' for number in range(1, 17))}, Conv_1 2",
    "mobilenet-v3": "stem 8, expanded_conv_1 6, expanded_conv_2 6, "
    f"{', '.join(f'expanded_conv_{number} 8' for number in range(3, 11))}, tail 2",
    "resnet": "stem 2, stage1 12, stage2 12, stage3 12",
    "resnet50": "conv1 2, conv2 20, conv3 26, conv4 38, conv5 20",
    "resnet101": "conv1 2, conv2 20, conv3 26, conv4 140, conv5 20",
    "resnet152": "conv1 2, conv2 20, conv3 50, conv4 218, conv5 20",
    "resnet50-v2": "conv1 1, conv2 19, conv3 25, conv4 37, conv5 19, tail 1",
    "resnet101-v2": "conv1 1, conv2 19, conv3 25, conv4 139, conv5 19, tail 1",
    "resnet152-v2": "conv1 1, conv2 19, conv3 49, conv4 217, conv5 19, tail 1",
    "tfhub": "module 1",
    "vgg16": "block1 2, block2 2, block3 3, block4 3, block5 3",
    "vgg19": "block1 2, block2 2, block3 4, block4 4, block5 4",
    # With the shortcut's convolution and normalisation, which bear no block's name, in blocks 2, 3, 4 and 13.
    "xception": "block1 4, block2 6, block3 6, block4 6, block5 6, block6 6, block7 6, block8 6, block9 6, block10 6, "
    "block11 6, block12 6, block13 6, block14 4",
}


# Large ones that no smaller one stands for: sums that are no layers, and shortcuts without a block's name.
ODD = ("convnext-tiny", "xception")


def marks_of(name: str) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.large,) if name in (*DEEPER, *LARGE) and name not in ODD else ()


@pytest.fixture(scope="module", params=[pytest.param(name, marks=marks_of(name)) for name in ARCHITECTURES])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def classifier(name: str, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    architecture = ARCHITECTURES[name]
    values = {"handle": save_network(tmp_path_factory.mktemp("module"))} if name == "tfhub" else {}
    return build_explored(
        architecture,
        values,
        image_size=max(architecture.min_size, 32),
        channels=architecture.channels or 3,
        class_names=("one", "two"),
    )


def test_each_layer_lies_in_exactly_one_stage(classifier: Classifier) -> None:
    staged = [layer.name for _, layers in stages(classifier) for layer in layers]
    assert staged == [layer.name for layer in classifier.network.layers]


def test_each_stage_has_its_layers(classifier: Classifier, name: str) -> None:
    stages_with_counts = [f"{counts.stage} {counts.layers}" for counts in count_by_stage(classifier)]
    assert ", ".join(stages_with_counts) == f"{STAGES[name]}, head 1"


def test_freezing_up_to_each_stage_freezes_exactly_the_layers_up_to_its_end(classifier: Classifier) -> None:
    up_to: set[str] = set()
    for stage, layers in stages(classifier)[:-1]:
        freeze(classifier, f"until:{stage}")
        assert still(classifier) == up_to, stage
        up_to |= {layer.name for layer in layers}
        freeze(classifier, stage)
        assert still(classifier) == up_to, stage
    freeze(classifier, "none")


def still(classifier: Classifier) -> set[str]:
    return {layer.name for layer in classifier.network.layers if not layer.trainable}


@pytest.fixture(scope="module")
def content(classifier: Classifier) -> ModelContent:
    return to_content(classifier)


@pytest.fixture(scope="module")
def stored(content: ModelContent, tmp_path_factory: pytest.TempPathFactory) -> tuple[LayerInfo, ...]:
    store = ArtifactStore(tmp_path_factory.mktemp("artifacts"))
    return of_manifest(read_manifest(store, save_content(store, content).manifest))


def test_a_manifest_agrees_with_keras(classifier: Classifier, stored: tuple[LayerInfo, ...]) -> None:
    stage = stage_of(classifier)
    assert [(layer.index, layer.name, layer.type, layer.stage, layer.parameters) for layer in stored] == [
        (index, layer.name, type(layer).__name__, stage[layer.name], layer.count_params())
        for index, layer in enumerate(classifier.network.layers)
    ]


def test_the_number_of_a_layer_freezes_the_layers_up_to_it(
    content: ModelContent, stored: tuple[LayerInfo, ...]
) -> None:
    """In the network that fine-tuning builds again."""
    weighted = [layer for layer in stored if layer.number]
    loaded = from_content(content)
    assert [layer.name for layer in weighted] == list(freeze(loaded, str(len(weighted))))
