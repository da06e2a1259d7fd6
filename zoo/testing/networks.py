"""The networks of one architecture, built once and shared by its checks."""

from __future__ import annotations

import random
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import ContractError, ZooError
from zoo.models.building import build_classifier, space_builder
from zoo.models.classifier import Classifier
from zoo.models.exploration import explore
from zoo.models.heads import new_head
from zoo.models.hyperparameters import OWN, backbone_values
from zoo.models.space import check, choose, fill_in, fix
from zoo.testing.contract import NotBuilt, naming, reason_of
from zoo.testing.imports import module_file
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import keras
    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture, Hyperparameters, HyperparameterValue

DRAWS = 30
CLASSES = ("a", "b")
BATCH = 8

Key = tuple[object, ...]
Values = list[tuple["keras.Variable", np.ndarray]]


class Networks:
    """What has been built of an architecture, and what was learned from it.

    A draw often differs from another only in the head, which is zoo's own; backbones are told apart by the
    hyperparameters that they declare, and only the first of them is kept: they are large.

    Args:
        held: hyperparameters that every network is built with, values or their text.
    """

    def __init__(self, architecture: Architecture, held: Hyperparameters) -> None:
        self.architecture, self.held = architecture, dict(held)
        self.stages: set[str] = set()  # freeze points that some network has
        self.built: set[Key] = set()
        self._kept: tuple[Key, Classifier] | None = None
        self._failed = False
        start_fresh(0)

    @property
    def channels(self) -> int:
        """How many channels images have unless a check says otherwise."""
        return self.architecture.channels or 3

    @cached_property
    def explored(self) -> HyperParameters:
        """The search space as the architecture declares it.

        Raises:
            NotBuilt: it failed before.
            ContractError: no network can be built to find out.
        """
        if self._failed:
            raise NotBuilt("no network can be built: see 'builds'")
        self._failed = True  # until it went well
        space = self._explore(self.held)
        self._failed = False
        return space

    def _explore(self, options: Mapping[str, HyperparameterValue]) -> HyperParameters:
        """Build the whole network with the defaults, so that a failure is named, and then what declares the rest."""
        declare = space_builder(
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
        """The search space with the held hyperparameters at their values."""
        return fix(self.explored, check(self.explored, self.held))

    @cached_property
    def classifier(self) -> Classifier:
        """The default network for the smallest images, with statistics as they are after a training."""
        classifier = self.build(choose(self.space, {}))
        _settle(classifier.network, self.pixels)
        return classifier

    @cached_property
    def labels(self) -> np.ndarray:
        """One-hot classes of the batch, by turns."""
        labels: np.ndarray = np.eye(len(CLASSES), dtype=np.float32)[np.arange(BATCH) % len(CLASSES)]
        return labels

    @cached_property
    def pixels(self) -> np.ndarray:
        """A batch of dark and bright noise, the smallest images."""
        size = self.architecture.min_size
        noise = np.random.default_rng(0).integers(0, 120, (BATCH, size, size, self.channels))
        pixels: np.ndarray = (noise + 100 * self.labels[:, 1, None, None, None]).astype(np.float32)
        return pixels

    def build(
        self, hp: HyperParameters, image_size: int | None = None, channels: int | None = None
    ) -> Classifier:
        """A classifier of two classes, for the smallest images unless told otherwise.

        Raises:
            ContractError: the architecture cannot build it; says with which hyperparameters.
        """
        size, channels = image_size or self.architecture.min_size, channels or self.channels
        if self._kept is not None and self._kept[0] == (backbone_values(hp), size, channels):
            return new_head(self._kept[1], hp, CLASSES)
        try:
            classifier = build_classifier(
                self.architecture, hp, image_size=size, channels=channels, class_names=CLASSES
            )
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            reason = reason_of(error, module_file(self.architecture.backbone))
            reason = reason.removeprefix(f"architecture '{self.architecture.name}': ")
            # An error of zoo's kind says itself what to do.
            advice = "" if isinstance(error, ZooError) else ": mend the backbone, or narrow what it declares"
            raise ContractError(
                f"with {self.naming(hp)} and images of {size}×{size}×{channels}: {reason}{advice}"
            ) from error
        key = (backbone_values(hp), size, channels)
        self.built.add(key)
        self.stages.update(classifier.freeze_points)
        self._kept = self._kept or (key, classifier)
        return classifier

    def build_head(self, classifier: Classifier, hp: HyperParameters) -> Classifier:
        """Only the head that these hyperparameters ask for, on features of the classifier's shape."""
        import keras

        features = keras.Input(classifier.features.shape[1:])
        # A network without a layer is refused by Keras 3.10.
        network = keras.Model(features, keras.layers.Identity()(features))
        return new_head(Classifier(network, (), ()), hp, CLASSES)

    def drawn(self) -> Iterator[HyperParameters]:
        """Hyperparameters drawn at random from the space, the same ones each time."""
        for draw in range(DRAWS):
            rng = random.Random(draw)  # noqa: S311  nothing is to be kept secret
            drawn = self.space.copy()
            drawn.values = {hp.name: hp.random_sample(rng.randrange(2**31)) for hp in drawn.space}
            fill_in(drawn)
            yield drawn

    def largest(self) -> HyperParameters:
        """The space with every whole number at its highest, as numbers of blocks are."""
        from keras_tuner.engine.hyperparameters import Int

        largest = self.space.copy()
        largest.values = {hp.name: hp.max_value for hp in largest.space if isinstance(hp, Int)}
        fill_in(largest)
        return largest

    def preset(self, name: str) -> HyperParameters:
        """The hyperparameters of a preset.

        Raises:
            ContractError: the space has not what the preset sets, or not of that type.
        """
        given = dict(self.architecture.presets[name])
        values = {**given, **self.held}
        try:
            space = self._space_of(given)
            checked = check(space, values)
            chosen = choose(space, checked)
        except ContractError as error:
            raise ContractError(f"preset '{name}': {error}") from error.__cause__
        except ZooError as error:
            raise ContractError(f"preset '{name}': {error}: correct the preset") from error
        changed = {key: checked[key] for key in given.keys() - self.held.keys() if checked[key] != given[key]}
        if changed:
            raise ContractError(
                f"preset '{name}' must have values of the right type: write {naming(changed)}"
            )
        return chosen

    def _space_of(self, given: Mapping[str, HyperparameterValue]) -> HyperParameters:
        """As a training explores it: options are known before the first network is built."""
        from keras_tuner.engine.hyperparameters import Fixed

        options = {hp.name for hp in self.explored.space if isinstance(hp, Fixed)} - OWN.keys()
        return self._explore({**given, **self.held}) if options & given.keys() else self.explored

    def naming(self, hp: HyperParameters) -> str:
        """The backbone's hyperparameters that differ from their defaults."""
        defaults = {one.name: one.default for one in hp.space}
        own = {name: value for name, value in hp.values.items() if name not in OWN}
        return naming({name: value for name, value in own.items() if value != defaults.get(name)})


@contextmanager
def put_back(network: keras.Model) -> Iterator[Values]:
    """Give the network's variables, seeds too, and what trains of it back as they were; gives their values."""
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
    """Give the variables these values."""
    for variable, value in before:
        variable.assign(value)


def _settle(network: keras.Model, pixels: np.ndarray) -> None:
    """Take the moving statistics from one batch.

    As they are at first, the features of a deep network are all but zero or enormous, and every network like
    it would give equal outputs.
    """
    from keras.layers import BatchNormalization

    layers = [layer for layer in network.layers if isinstance(layer, BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    network(pixels, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
