"""Every shipped architecture: what trains on kept features becomes, bit for bit, what trains on pixels.

What that rests on: the suffix does the same operations on the same numbers in either training, and those repeat
themselves bit for bit, see `zoo.training.fit.start_fresh`. The features of an image are the same numbers in whichever
batch they are computed, as long as the CPU's kernels add up the numbers of an image in an order that depends on its
shape alone; with several threads a large convolution may split its sums by the size of the batch, and tests have one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
import pytest

from tests.plugins.explored import build_explored
from tests.plugins.hub_modules import save_network
from tests.plugins.large_networks import DEEPER
from zoo.data.cache import DecodedDataset
from zoo.interfaces import FeatureOptions, Objective, Progress
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier
from zoo.plugins import load_plugins
from zoo.training.fit import FitSettings, fit, start_fresh

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.models.classifier import Classifier

pytestmark = pytest.mark.large

ARCHITECTURES = load_plugins().architectures

# What is frozen, three ways each, and how many tensors cross. Two do within a block that a shortcut goes around. Of a
# network that takes long where much of it trains, the cuts lie near its end. DEEPER ones repeat the blocks of others;
# the check `frozen` of the contract trains these both ways for an epoch.
CUTS = {
    "convnet": "all 1, block2 1, block1 1",
    "convnext-tiny": "all 1, stage_2 1, stage_1 1",
    "densenet121": "all 1, conv4 1, pool3 1",
    "efficientnet-v2": "all 1, block5 1, block4 1",
    "inception-v3": "all 1, mixed9 1, mixed7 1",
    "keras-hub": "all 1, stack1 1, until:stack2_block0_1_bn 2",
    "mobilenet": "all 1, conv_pw_12 1, conv_pw_6 1",
    "mobilenet-v2": "all 1, block_15 1, until:block_7_project 2",
    "mobilenet-v3": "all 1, expanded_conv_9 1, expanded_conv_5 1",
    "resnet": "all 1, stage1 2, until:stage2_block2_2_conv 2",
    "resnet50": "all 1, conv4 1, until:conv5_block2_2_conv 2",
    "resnet50-v2": "all 1, conv4 1, until:conv5_block2_2_conv 2",
    "tfhub": "all 1, module 1, 1 1",  # it has one layer, so these are one cut
    "vgg16": "all 1, block4 1, block3 1",
    "vgg19": "all 1, block4 1, block3 1",
    "xception": "all 1, block13 1, block12 1",
}


class Computing(Progress):
    """Counts the splits whose features are computed."""

    def __init__(self) -> None:
        self.splits = 0

    def advanced(self, work: str, done: int, total: int) -> None:
        self.splits += work == "computing activations" and done == total


class Outcome(NamedTuple):
    """The network after a training, and the metrics of each epoch."""

    state: list[np.ndarray]
    epochs: list[dict[str, float]]


@pytest.fixture(scope="module")
def classifiers() -> dict[str, Classifier]:
    """The one that was built last, by its name."""
    return {}


@pytest.fixture
def classifier(
    name: str, classifiers: dict[str, Classifier], tmp_path_factory: pytest.TempPathFactory
) -> Classifier:
    """Of random weights, and of statistics that are none of a normalisation's defaults."""
    if name not in classifiers:
        classifiers.clear()
        classifiers[name] = built(name, tmp_path_factory.mktemp(name))
    return classifiers[name]


def built(name: str, folder: Path) -> Classifier:
    architecture = ARCHITECTURES[name]
    start_fresh(0)
    classifier = build_explored(
        architecture,
        {"handle": save_network(folder)} if name == "tfhub" else {},
        image_size=architecture.min_size,
        channels=architecture.channels or 3,
        class_names=("a", "b", "c"),
    )
    rng = np.random.default_rng(0)
    for layer in classifier.network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_variance.shape))
    return classifier


def variables(classifier: Classifier) -> list[keras.Variable]:
    """All, states of random draws too."""
    return [variable for layer in classifier.network.layers for variable in layer.variables]


def noise(classifier: Classifier) -> DecodedDataset:
    """48 images for training, 16 for validation and 8 for the test."""
    shape = (classifier.image_size, classifier.image_size, classifier.channels)
    pixels = np.random.default_rng(0).integers(0, 256, (72, *shape), dtype=np.uint8)
    rows = {"train": np.arange(48), "validation": np.arange(48, 64), "test": np.arange(64, 72)}
    return DecodedDataset(
        pixels, np.arange(72) % 3, ("a", "b", "c"), rows, (), (), "noise", f"noise of {shape}"
    )


def trained(
    classifier: Classifier, spec: str, mode: str, start: list[np.ndarray], progress: Progress
) -> Outcome:
    """Two epochs, so that the second one's order is that of features, too."""
    for variable, value in zip(variables(classifier), start, strict=True):
        variable.assign(value)
    keras.utils.set_random_seed(0)
    epochs: list[dict[str, float]] = []
    fit(
        classifier,
        noise(classifier),
        {"freeze": spec, "batch_size": 16, "optimizer": "sgd"},
        FitSettings(2, 0, 9, Objective("val_loss", "min"), features=FeatureOptions(mode)),
        lambda epoch, _: epochs.append(dict(epoch.metrics)),
        None,
        progress,
    )
    return Outcome([variable.numpy() for variable in variables(classifier)], epochs)


@pytest.mark.parametrize(
    ("name", "spec", "tensors"),
    [
        pytest.param(name, *cut.split(), id=f"{name} {cut}")
        for name, cuts in CUTS.items()
        for cut in cuts.split(", ")
    ],
)
def test_training_on_activations_equals_training_on_pixels(
    classifier: Classifier, spec: str, tensors: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    freeze(classifier, spec)
    frontier = find_frontier(classifier)
    assert frontier is not None
    assert len(frontier.shapes) == int(tensors)
    start, computing = [variable.numpy() for variable in variables(classifier)], Computing()
    pixels = trained(classifier, spec, "off", start, computing)
    assert computing.splits == 0
    features = trained(classifier, spec, "on", start, computing)
    assert computing.splits == 3
    different = [
        variable.path
        for variable, left, right in zip(variables(classifier), pixels.state, features.state, strict=True)
        if not np.array_equal(left, right)
    ]
    assert different == []
    assert features.epochs == pixels.epochs


def test_every_shipped_architecture_has_three_cuts() -> None:
    assert CUTS.keys() | DEEPER == ARCHITECTURES.keys()
    assert {len(cuts.split(", ")) for cuts in CUTS.values()} == {3}
