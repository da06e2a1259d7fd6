"""Every shipped architecture: what trains on kept features becomes, bit for bit, what trains on pixels.

Rows of a tensor do not depend on each other where nothing but frozen layers has been, so the features of an image are
the same numbers in whichever batch they are computed, if the kernels of the CPU add up an image's numbers in the same
order in each batch. They do where the order depends on the shapes of one image alone. TensorFlow's convolutions share
the work out over images, or over one image's places, but with several threads some of the large ones split the sum
itself, by the size of the batch and the number of threads. Tests run with one thread, see `tests/conftest.py`, where
nothing is split. The suffix has the same shapes either way, so there equality is that of the same operations on the
same numbers; training it is repeatable since determinism is on, see `start_fresh`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
import pytest
from hub_modules import save_network
from keras_tuner import HyperParameters

from zoo.data.cache import DecodedDataset
from zoo.data.cache.features import FeatureOptions
from zoo.interfaces import Objective, Progress
from zoo.models.classifier import build_classifier
from zoo.models.content import variables
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier
from zoo.plugins import load_plugins
from zoo.training.fit import FitSettings, fit, start_fresh

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier

pytestmark = pytest.mark.large

ARCHITECTURES = load_plugins().architectures

# Cuts within a block, around which a shortcut goes: two tensors cross there.
TWO_TENSORS = {
    "resnet": "until:stage2_block2_2_conv",
    **{f"resnet{layers}": "until:conv4_block2_2_conv" for layers in (50, 101, 152)},
    **{f"resnet{layers}-v2": "until:conv4_block2_2_conv" for layers in (50, 101, 152)},
    "mobilenet-v2": "until:block_7_project",
}


class Computing(Progress):
    """Counts the features that are computed."""

    def __init__(self) -> None:
        self.splits = 0

    def advanced(self, work: str, done: int, total: int) -> None:
        self.splits += work == "computing features" and done == total


class Outcome(NamedTuple):
    """Each variable and each epoch's metrics after a training."""

    weights: dict[str, np.ndarray]
    epochs: list[dict[str, float]]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return ARCHITECTURES[request.param]


@pytest.fixture(scope="module")
def classifier(architecture: Architecture, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """Of random weights, and of statistics that are none of a normalisation's defaults."""
    start_fresh(0)
    hp = HyperParameters()
    if architecture.name == "tfhub":
        hp.Fixed("handle", save_network(tmp_path_factory.mktemp("module")))
    built = build_classifier(
        architecture,
        hp,
        image_size=architecture.min_size,
        channels=architecture.channels or 3,
        class_names=("a", "b", "c"),
    )
    rng = np.random.default_rng(0)
    for layer in built.network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_variance.shape))
    return built


@pytest.fixture(scope="module")
def beginning(classifier: Classifier) -> list[tuple[keras.Variable, np.ndarray]]:
    """Each variable and the value that it begins with, states of random draws too."""
    return [
        (variable, variable.numpy()) for layer in classifier.network.layers for variable in layer.variables
    ]


@pytest.fixture(scope="module")
def noise(classifier: Classifier) -> DecodedDataset:
    """48 images for training, 16 for validation and 8 for the test."""
    size, channels = classifier.image_size, classifier.channels
    pixels = np.random.default_rng(0).integers(0, 256, (72, size, size, channels), dtype=np.uint8)
    rows = {"train": np.arange(48), "validation": np.arange(48, 64), "test": np.arange(64, 72)}
    return DecodedDataset(
        pixels, np.arange(72) % 3, ("a", "b", "c"), rows, (), (), "noise", f"noise {size}x{size}x{channels}"
    )


@pytest.mark.parametrize("depth", ["all", "in the middle", "first stage"])
def test_training_on_features_is_training_on_pixels(
    classifier: Classifier,
    beginning: list[tuple[keras.Variable, np.ndarray]],
    architecture: Architecture,
    noise: DecodedDataset,
    depth: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    spec = spec_of(classifier, architecture.name, depth)
    computing = Computing()
    outcomes = []
    for mode in ("off", "on"):
        for variable, value in beginning:
            variable.assign(value)
        outcomes.append(trained(classifier, noise, spec, FeatureOptions(mode), computing))
    off, on = outcomes
    assert computing.splits == 3
    assert [path for path in off.weights if not np.array_equal(off.weights[path], on.weights[path])] == []
    assert on.epochs == off.epochs


def spec_of(classifier: Classifier, name: str, depth: str) -> str:
    points = classifier.freeze_points
    if depth == "in the middle":
        return TWO_TENSORS.get(name, points[len(points) // 2])
    return "all" if depth == "all" else points[0]


def trained(
    classifier: Classifier, noise: DecodedDataset, spec: str, features: FeatureOptions, progress: Progress
) -> Outcome:
    """Two epochs, so that the second one's order is that of features, too."""
    keras.utils.set_random_seed(0)
    epochs: list[dict[str, float]] = []
    settings = FitSettings(2, 0, 9, Objective("val_loss", "min"), features=features)
    values = {"freeze": spec, "batch_size": 16, "optimizer": "sgd"}
    fit(
        classifier,
        noise,
        values,
        settings,
        lambda epoch, _: epochs.append(dict(epoch.metrics)),
        None,
        progress,
    )
    return Outcome({path: np.array(one) for path, one in variables(classifier.network).items()}, epochs)


@pytest.fixture
def in_a_block(classifier: Classifier, architecture: Architecture) -> Classifier:
    """Frozen up to the middle of a block."""
    if architecture.name not in TWO_TENSORS:
        pytest.skip("it has no cut of two tensors here")
    freeze(classifier, TWO_TENSORS[architecture.name])
    return classifier


def test_two_tensors_cross_within_a_block(in_a_block: Classifier) -> None:
    frontier = find_frontier(in_a_block)
    assert frontier is not None
    assert len(frontier.shapes) == 2
