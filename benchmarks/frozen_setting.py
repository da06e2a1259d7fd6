"""The images, weights and folders of `finetune_frozen.py`."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress
from zoo.plugins import load_plugins
from zoo.registry import open_registry
from zoo.training import features
from zoo.workflows import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.data.cache import DecodedDataset

CLASSES = 4
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
ALPHA = 0.35  # of MobileNetV2
STATISTICS = 256  # images that random weights are normalised by


@dataclass(frozen=True)
class Case:
    """A comparison.

    Args:
        target: how many times as fast as its peer zoo should be.
        trials: of a search.
        rounds: number of measurements; the figure is the median of the ratios.
        tuned: whether TensorFlow tunes the pipelines of zoo's peers, as by default; zoo switches that off, see
            `zoo.data.batches`.
    """

    architecture: str
    target: float
    images: int
    epochs: int
    trials: int = 0
    size: int = 96
    rounds: int = 1
    tuned: bool = True


def backbone(architecture: str, size: int) -> keras.Model:
    """Return the network of Keras Applications without its top."""
    shape: dict[str, Any] = {"input_shape": (size, size, 3), "include_top": False, "weights": None}
    if architecture == "resnet50":
        return keras.applications.ResNet50(**shape)
    return keras.applications.MobileNetV2(alpha=ALPHA, **shape)


def preprocessed(inputs: Any, architecture: str) -> Any:
    """Return pixels 0-255 scaled for the network."""
    if architecture == "resnet50":
        return keras.applications.resnet50.preprocess_input(inputs)
    return layers.Rescaling(1 / 127.5, offset=-1)(inputs)


@dataclass(frozen=True)
class Place:
    """A folder with a dataset, weights, a registry and a cache."""

    folder: Path
    size: int
    description: str

    @property
    def images(self) -> Path:
        """The file of the dataset."""
        return self.folder / "gratings.npz"

    @property
    def weights(self) -> Path:
        """The weights file of the network without its top."""
        return self.folder / "random.weights.h5"

    @contextmanager
    def workspace(self, progress: Progress | None = None) -> Iterator[Workspace]:
        """Open the registry."""
        with open_registry(self.folder / "registry.db") as registry:
            yield Workspace(registry, load_plugins(None), progress or Progress())

    def new_cache(self) -> DecodedDataset:
        """Set a new cache with the decoded pixels but no activations, as for a new process."""
        features._SECONDS.clear()  # the measured times of prefixes in this process
        os.environ["ZOO_CACHE"] = tempfile.mkdtemp(dir=self.folder)
        return decode_dataset(
            open_dataset(str(self.images), {}, load_plugins().formats), self.size, 3, progress=Progress()
        )


@contextmanager
def bench(case: Case) -> Iterator[Place]:
    """Yield a new folder with images and weights."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), case.size, f"{case.images} images of {case.size}×{case.size}")
        draw_images(place.images, case.images, case.size)
        make_weights(place, case.architecture)
        yield place


def make_weights(place: Place, architecture: str) -> None:
    """Save random weights, normalised by a batch: otherwise deep layers would return the same for all images."""
    keras.utils.set_random_seed(1)
    network = backbone(architecture, place.size)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    with np.load(place.images) as arrays:
        pixels = arrays["x_train"][:STATISTICS].astype(np.float32)
    network(preprocessed(pixels, architecture), training=True)
    network.save_weights(place.weights)


def draw_images(path: Path, count: int, size: int) -> None:
    """Draw noisy gratings; each class has a direction and a colour."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(count) % CLASSES)
    colours = 128 + rng.uniform(-60, 60, (CLASSES, 3))[labels] + rng.normal(0, 5, (count, 3))
    angles, phases = np.pi * labels / CLASSES, rng.uniform(0, 2 * np.pi, count)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places = np.tensordot(directions, np.indices((size, size)), axes=1)
    pixels = np.repeat(20 * np.sin(0.4 * places + phases[:, None, None])[..., None], 3, axis=-1)
    pixels += colours[:, None, None] + rng.normal(0, 20, pixels.shape)
    images = np.clip(pixels, 0, 255).astype(np.uint8)
    bounds = np.rint(np.cumsum(list(SHARES.values()))[:-1] * count).astype(int)
    arrays: dict[str, Any] = {}
    for split, some, those in zip(SHARES, np.split(images, bounds), np.split(labels, bounds), strict=True):
        arrays |= {f"x_{split}": some, f"y_{split}": those}
    np.savez(path, **arrays)
