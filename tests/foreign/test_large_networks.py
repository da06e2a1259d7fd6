"""Large networks of Keras as a whole: built, stored, and loaded by another process; `test_networks` trains parts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
import pytest

from tests.foreign.fresh_contents import predicted
from tests.foreign.networks import BUILT, PLUGIN_FILES
from tests.plugins.explored import build_explored
from zoo.models.content import to_content
from zoo.models.normalization import finalize
from zoo.plugins import load_plugins
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.manifest import save_content
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.models.classifier import Classifier

pytestmark = pytest.mark.large

ARCHITECTURES = load_plugins(PLUGIN_FILES).architectures
PARAMETERS = {row.architecture: row.parameters for row in BUILT}

SHIPPED = {
    "ConvNeXtTiny", "DenseNet121", "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3",
    "EfficientNetV2S", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small", "ResNet101",
    "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2", "VGG16", "VGG19", "Xception",
}  # fmt: skip


class Stored(NamedTuple):
    """A network that was built and stored.

    Args:
        prediction: a digest of its probabilities.
    """

    manifest: str
    parameters: int
    prediction: str


class Shelf:
    """Networks in a store, each built once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.store = ArtifactStore(folder)
        self._stored: dict[str, Stored] = {}
        self._loaded: dict[str, str] = {}

    def stored(self, name: str) -> Stored:
        """The network, stored."""
        if name not in self._stored:
            start_fresh(0)
            classifier = built(name)
            content = to_content(classifier)
            assert len(content.tensors) == len(classifier.network.weights)
            stored = save_content(self.store, content)
            self._stored[name] = Stored(stored.manifest, stored.parameters, predicted(classifier))
        return self._stored[name]

    def loaded(self, name: str) -> str:
        """A digest of the probabilities in another process, which loads all networks that are stored so far."""
        manifest = self.stored(name).manifest
        if manifest not in self._loaded:
            waiting = {stored.manifest for stored in self._stored.values()} - self._loaded.keys()
            command = [sys.executable, "-m", "tests.foreign.fresh_contents", self.store.url, *waiting]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            self._loaded |= json.loads(done.stdout)
        return self._loaded[manifest]


def built(name: str) -> Classifier:
    """The network with its defaults; no two of its vectors, such as statistics of normalisations, are equal."""
    architecture = ARCHITECTURES[name]
    size = architecture.min_size
    classifier = build_explored(
        architecture, {}, image_size=size, channels=3, class_names=tuple("abcdefghij")
    )
    rng = np.random.default_rng(0)
    for weight in classifier.network.weights:
        if len(weight.shape) == 1:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    finalize(classifier.network)
    return classifier


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    with tempfile.TemporaryDirectory() as folder:  # pytest would keep gigabytes
        yield Shelf(Path(folder))


@pytest.mark.parametrize("name", PARAMETERS)
def test_all_parameters_are_stored(shelf: Shelf, name: str) -> None:
    assert shelf.stored(name).parameters == PARAMETERS[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_fresh_process_predicts_the_same_bits(shelf: Shelf, name: str) -> None:
    assert shelf.loaded(name) == shelf.stored(name).prediction


def test_no_network_of_keras_applications_is_missing() -> None:
    networks = {name for name in dir(keras.applications) if name[0].isupper()}
    built = {ARCHITECTURES[row.architecture].summary.partition(" of Keras Applications")[0] for row in BUILT}
    larger = {name for row in BUILT for name in row.larger}
    assert built & larger == set()
    assert networks - SHIPPED == built | larger
