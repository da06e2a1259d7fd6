"""The networks of one architecture, built once and shared by its checks."""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.cache import DecodedDataset
from zoo.errors import ContractError, ZooError
from zoo.interfaces import FeatureOptions, Objective
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.classifier import Classifier
from zoo.models.exploration import explore
from zoo.models.heads import new_head
from zoo.models.hyperparameters import OWN, backbone_values
from zoo.models.space import check, choose, fill_in, fix
from zoo.plugin_code.advice import advice_on
from zoo.plugin_code.places import file_of
from zoo.testing.contract import NotBuilt, naming, reason_of
from zoo.training.adapting import adapt_to
from zoo.training.fit import FitSettings, fit, start_fresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import keras
    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture, Hyperparameters, HyperparameterValue

DRAWS = 30
FIX = "fix the backbone, or narrow the ranges it declares"
CLASSES = ("a", "b")
BATCH = 8
OBJECTIVE = Objective("val_loss", "min")

Key = tuple[object, ...]
Values = list[tuple["keras.Variable", np.ndarray]]


class Networks:
    """The networks of an architecture, and facts that its checks share.

    Random draws often differ only in the head, which is zoo's own. Backbones are distinguished by the hyperparameters
    that they declare, and only the first one is kept, since they are large.

    Args:
        fixed: hyperparameters of every network, values or their text.

    Attributes:
        failed: names of checks that have failed.
    """

    def __init__(self, architecture: Architecture, fixed: Hyperparameters) -> None:
        self.architecture, self.fixed = architecture, dict(fixed)
        self.failed: set[str] = set()
        self.stages: set[str] = set()  # freeze points of all networks so far
        self.built: set[Key] = set()
        self._first: tuple[Key, Classifier] | None = None
        self._failed = False
        start_fresh(0)

    @property
    def channels(self) -> int:
        """The number of channels of images unless a check needs another."""
        return self.architecture.channels or 3

    @cached_property
    def explored(self) -> HyperParameters:
        """The search space as the architecture declares it.

        Raises:
            NotBuilt: it failed before.
            ContractError: no network can be built.
        """
        if self._failed:
            raise NotBuilt("no network can be built: see 'builds'")
        self._failed = True  # until it has succeeded
        space = self._explore(self.fixed)
        self._failed = False
        return space

    def _explore(self, options: Mapping[str, HyperparameterValue]) -> HyperParameters:
        """Explore; the first build, with the defaults, is a whole network, so that its failure is reported."""
        declare = SpaceBuilder(
            self.architecture, image_size=self.architecture.min_size, channels=self.channels
        )
        whole = True

        def build(hp: HyperParameters) -> None:
            nonlocal whole
            if whole:
                self.build(hp)
                whole = False
            else:
                declare(hp)

        return explore(build, options)

    @cached_property
    def space(self) -> HyperParameters:
        """The search space with the fixed hyperparameters."""
        return fix(self.explored, check(self.explored, self.fixed))

    @cached_property
    def classifier(self) -> Classifier:
        """The default network for the smallest images, adapted, with moving statistics as after training."""
        classifier = self.build(choose(self.space, {}))
        self.adapt(classifier)
        _settle(classifier.network, self.pixels)
        return classifier

    @cached_property
    def trained(self) -> Classifier:
        """The default network, built once more with another seed, after an epoch of zoo's own training."""
        classifier = self.again
        _settle(classifier.network, self.pixels)
        self.fit(classifier)
        return classifier

    @cached_property
    def again(self) -> Classifier:
        """The default network, built and adapted once more with another seed, as another training would."""
        _ = self.classifier
        return self.build_again(seed=1)

    def build_again(self, seed: int) -> Classifier:
        """Build and adapt the default network, with a seed that no build before had."""
        start_fresh(seed)
        classifier = self._build(choose(self.space, {}), self.architecture.min_size, self.channels)
        self.adapt(classifier)
        return classifier

    def fit(
        self, classifier: Classifier, freeze: str = "none", cache_features: str = "off", **values: str
    ) -> None:
        """Train an epoch by zoo's own code.

        Args:
            cache_features: "on" or "off".
            values: hyperparameters in place of their defaults.
        """
        defaults = choose(self.space, {}).values
        hyperparameters = {**defaults, "batch_size": BATCH, "freeze": freeze, **values}
        settings = FitSettings(1, 0, 1, OBJECTIVE, features=FeatureOptions(cache_features))
        with TemporaryDirectory(prefix="zoo-check-") as folder, _cache_in(folder):
            fit(classifier, self.decoded, hyperparameters, settings, lambda _epoch, _checkpoint: False)

    @cached_property
    def decoded(self) -> DecodedDataset:
        """Two batches of dark and bright noise to train on, one to validate on and one to test on."""
        images = 4 * BATCH
        size, rng = self.architecture.min_size, np.random.default_rng(0)
        labels = np.arange(images) % len(CLASSES)
        noise = rng.integers(0, 120, (images, size, size, self.channels))
        pixels = (noise + 100 * labels[:, None, None, None]).astype(np.uint8)
        train, validation, test = np.split(np.arange(images), [2 * BATCH, 3 * BATCH])
        rows = {"train": train, "validation": validation, "test": test}
        return DecodedDataset(pixels, labels, CLASSES, rows, (), (), "noise", "noise")

    @cached_property
    def labels(self) -> np.ndarray:
        """One-hot labels of the batch, the classes in turn."""
        labels: np.ndarray = np.eye(len(CLASSES), dtype=np.float32)[np.arange(BATCH) % len(CLASSES)]
        return labels

    @cached_property
    def pixels(self) -> np.ndarray:
        """A batch of dark and bright noise, images of the smallest size."""
        pixels: np.ndarray = self.decoded.pixels[:BATCH].astype(np.float32)
        return pixels

    def build(
        self, hp: HyperParameters, image_size: int | None = None, channels: int | None = None
    ) -> Classifier:
        """Build a classifier of two classes, for the smallest images by default.

        Raises:
            ContractError: the architecture cannot build it; the message names the hyperparameters.
        """
        size, channels = image_size or self.architecture.min_size, channels or self.channels
        if self._first is not None and self._first[0] == (backbone_values(hp), size, channels):
            return new_head(self._first[1], hp, CLASSES)
        classifier = self._build(hp, size, channels)
        key = (backbone_values(hp), size, channels)
        self.built.add(key)
        self.stages.update(classifier.freeze_points)
        self._first = self._first or (key, classifier)
        return classifier

    def _build(self, hp: HyperParameters, size: int, channels: int) -> Classifier:
        try:
            return build_classifier(
                self.architecture, hp, image_size=size, channels=channels, class_names=CLASSES
            )
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # third-party code may raise anything
            reason = reason_of(error, file_of(self.architecture.backbone))
            reason = reason.removeprefix(f"architecture '{self.architecture.name}': ")
            # The message of a ZooError has its own advice.
            advice = "" if isinstance(error, ZooError) else f": {advice_on(error, FIX)}"
            raise ContractError(
                f"with {self.naming(hp)} and images of {size}×{size}×{channels}: {reason}{advice}"
            ) from error

    def adapt(self, classifier: Classifier) -> None:
        """Call the architecture's `adapt` with the batch, as before the first epoch.

        Raises:
            ContractError: it fails.
        """
        import tensorflow as tf

        images = tf.data.Dataset.from_tensor_slices(self.pixels).batch(BATCH)
        adapt_to(classifier, self.architecture, images)

    def build_head(self, classifier: Classifier, hp: HyperParameters) -> Classifier:
        """Build only the head of these hyperparameters, on features of the classifier's shape."""
        import keras

        features = keras.Input(classifier.features.shape[1:])
        # Keras 3.10 refuses a network without layers.
        network = keras.Model(features, keras.layers.Identity()(features))
        return new_head(Classifier(network, (), (), pool=classifier.pool), hp, CLASSES)

    def drawn(self) -> Iterator[HyperParameters]:
        """Yield hyperparameters drawn at random from the space, the same ones each time."""
        for draw in range(DRAWS):
            rng = random.Random(draw)  # noqa: S311  not for cryptography
            drawn = self.space.copy()
            drawn.values = {hp.name: hp.random_sample(rng.randrange(2**31)) for hp in drawn.space}
            fill_in(drawn)
            yield drawn

    def largest(self) -> HyperParameters:
        """Return the space with the largest value of every integer, such as numbers of blocks."""
        from keras_tuner.engine.hyperparameters import Int

        largest = self.space.copy()
        largest.values = {hp.name: hp.max_value for hp in largest.space if isinstance(hp, Int)}
        fill_in(largest)
        return largest

    def preset(self, name: str) -> HyperParameters:
        """Return the hyperparameters of a preset.

        Raises:
            NotBuilt: no network can be built, which is no fault of the preset.
            ContractError: a name of the preset is not in the space, or its value has another type.
        """
        preset = dict(self.architecture.presets[name])
        values = {**preset, **self.fixed}
        try:
            space = self._space_of(preset)
            checked = check(space, values)
            chosen = choose(space, checked)
        except NotBuilt:
            raise
        except ContractError as error:
            raise ContractError(f"preset '{name}': {error}") from error.__cause__
        except ZooError as error:
            raise ContractError(f"preset '{name}': {error}: correct the preset") from error
        changed = {
            key: checked[key] for key in preset.keys() - self.fixed.keys() if checked[key] != preset[key]
        }
        if changed:
            raise ContractError(
                f"preset '{name}' must have values of the right type: write {naming(changed)}"
            )
        return chosen

    def _space_of(self, preset: Mapping[str, HyperparameterValue]) -> HyperParameters:
        """Return the space as a training explores it, with its options set before the first build."""
        return self._explore({**preset, **self.fixed}) if self.options & preset.keys() else self.explored

    @property
    def options(self) -> frozenset[str]:
        """Names of the backbone's hyperparameters that are not searched."""
        from keras_tuner.engine.hyperparameters import Fixed

        names = frozenset(hp.name for hp in self.explored.space if isinstance(hp, Fixed))
        return names - OWN.keys()

    def naming(self, hp: HyperParameters) -> str:
        """Return the backbone's hyperparameters that differ from their defaults, as text."""
        defaults = {declaration.name: declaration.default for declaration in hp.space}
        own = {name: value for name, value in hp.values.items() if name not in OWN}
        return naming({name: value for name, value in own.items() if value != defaults.get(name)})


@contextmanager
def _cache_in(folder: str) -> Iterator[None]:
    """Keep cached activations in this folder."""
    before = os.environ.get("ZOO_CACHE")
    os.environ["ZOO_CACHE"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["ZOO_CACHE"]
        else:
            os.environ["ZOO_CACHE"] = before


@contextmanager
def restoring(network: keras.Model) -> Iterator[Values]:
    """Restore the network's variables, including seeds, and its trainable flags in the end; yields the values."""
    before = [(variable, np.array(variable.numpy())) for variable in network.variables]
    layers = [(layer, layer.trainable) for layer in network.layers]
    trainable = [(variable, variable.trainable) for variable in network.variables]
    try:
        yield before
    finally:
        restore(before)
        for layer, value in layers:
            layer.trainable = value
        for variable, value in trainable:
            variable.trainable = value


def restore(before: Values) -> None:
    """Assign these values to the variables."""
    for variable, value in before:
        variable.assign(value)


def _settle(network: keras.Model, pixels: np.ndarray) -> None:
    """Set the moving statistics to those of one batch.

    With the initial ones, the features of a deep network are almost zero or enormous, so that different networks
    would return equal outputs.
    """
    from keras.layers import BatchNormalization

    # Keras has no public name for layers inside layers.
    layers = [layer for layer in network._flatten_layers() if isinstance(layer, BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    network(pixels, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
