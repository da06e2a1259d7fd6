"""The contract, held against every architecture and dataset that the plugins add."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import keras
import keras_tuner
import numpy as np
import pytest

from zoo.data.cache import DecodedDataset
from zoo.data.sources import natural_channels, natural_size, open_dataset
from zoo.interfaces import SPLITS, Architecture, Dataset, Objective
from zoo.models.classifier import Classifier, build_classifier, in_stage, space_builder
from zoo.models.content import from_content, to_content
from zoo.models.space import check, choose, explore, fill_in
from zoo.plugins import load_plugins
from zoo.training.fit import FitSettings, fit, start_fresh

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGINS = load_plugins()

DRAWS = 10
NAMES = ("a", "b", "c", "d", "e")

every_architecture = pytest.mark.parametrize(
    "architecture", PLUGINS.architectures.values(), ids=PLUGINS.architectures
)
every_dataset = pytest.mark.parametrize("dataset", PLUGINS.datasets.values(), ids=PLUGINS.datasets)
every_preset = pytest.mark.parametrize(
    ("architecture", "preset"),
    [(one, preset) for one in PLUGINS.architectures.values() for preset in one.presets],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


def channels_of(architecture: Architecture) -> int:
    return architecture.channels or 3


@cache
def space_of(name: str) -> keras_tuner.HyperParameters:
    architecture = PLUGINS.architectures[name]
    size, channels = architecture.min_size, channels_of(architecture)
    return explore(space_builder(architecture, image_size=size, channels=channels, class_names=NAMES[:2]))


def built(
    architecture: Architecture,
    values: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    channels: int | None = None,
    classes: int = 2,
) -> Classifier:
    """With the smallest images that it takes, unless told otherwise."""
    return build_classifier(
        architecture,
        choose(space_of(architecture.name), values or {}),
        image_size=size or architecture.min_size,
        channels=channels or channels_of(architecture),
        class_names=NAMES[:classes],
    )


# Architectures ---------------------------------------------------------------------------------------------


@every_architecture
@pytest.mark.parametrize("classes", [2, 5])
def test_it_builds_for_any_number_of_classes(architecture: Architecture, classes: int) -> None:
    assert built(architecture, classes=classes).network.output_shape == (None, classes)


@every_architecture
@pytest.mark.parametrize("channels", [1, 3])
def test_it_builds_for_the_channels_that_it_takes(architecture: Architecture, channels: int) -> None:
    if architecture.channels not in (None, channels):
        pytest.skip(f"takes {architecture.channels} channels")
    assert built(architecture, channels=channels).channels == channels


@every_architecture
@pytest.mark.parametrize("more", [0, 13])
def test_it_builds_from_its_smallest_size_on(architecture: Architecture, more: int) -> None:
    assert built(architecture, size=architecture.min_size + more).image_size == architecture.min_size + more


@every_architecture
def test_its_network_is_flat(architecture: Architecture) -> None:
    assert not [layer for layer in built(architecture).network.layers if isinstance(layer, keras.Model)]


@every_architecture
def test_its_defaults_are_in_the_space(architecture: Architecture) -> None:
    space = space_of(architecture.name)
    defaults = choose(space, {}).values
    assert check(space, defaults) == defaults


@every_architecture
def test_it_builds_whatever_is_drawn_from_its_space(architecture: Architecture) -> None:
    space = space_of(architecture.name)
    for draw in range(DRAWS):
        drawn = space.copy()
        rng = random.Random(draw)
        drawn.values = {hp.name: hp.random_sample(rng.randrange(2**31)) for hp in space.space}
        fill_in(drawn)
        assert built(architecture, drawn.values).network.output_shape == (None, 2)


@every_architecture
def test_it_learns(architecture: Architecture) -> None:
    """Dark and bright images are told apart better after a few steps."""
    start_fresh(0)
    size, channels = architecture.min_size, channels_of(architecture)
    labels = np.arange(16) % 2
    noise = np.random.default_rng(0).integers(0, 120, (16, size, size, channels))
    pixels = (noise + 100 * labels[:, None, None, None]).astype(np.uint8)
    rows = dict.fromkeys(SPLITS, np.arange(16))
    values = {**choose(space_of(architecture.name), {}).values, "batch_size": 8}
    epochs: list[float] = []
    fit(
        built(architecture),
        DecodedDataset(pixels, labels, NAMES[:2], rows, (), ()),
        values,
        FitSettings(epochs=4, seed=0, patience=9, objective=Objective("val_loss", "min")),
        lambda epoch: epochs.append(epoch.metrics["loss"]),
    )
    assert min(epochs[1:]) < epochs[0]


@every_architecture
def test_each_of_its_freeze_points_is_a_stage_of_some_network(architecture: Architecture) -> None:
    """A stage may be missing where fewer blocks are chosen, but not everywhere."""
    space = space_of(architecture.name)
    most = {
        hp.name: hp.max_value for hp in space.space if isinstance(hp, keras_tuner.engine.hyperparameters.Int)
    }
    largest = space.copy()
    largest.values = most
    fill_in(largest)
    names = [layer.name for layer in built(architecture, largest.values).network.layers]
    missing = [
        point for point in architecture.freeze_points if not any(in_stage(name, point) for name in names)
    ]
    assert missing == []


@every_architecture
def test_it_is_the_same_after_saving_and_loading(architecture: Architecture) -> None:
    classifier = built(architecture)
    size, channels = classifier.image_size, classifier.channels
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, channels), dtype=np.uint8)
    again = from_content(to_content(classifier))
    assert np.array_equal(
        classifier.network.predict(pixels, verbose=0), again.network.predict(pixels, verbose=0)
    )


@every_preset
def test_its_preset_is_in_the_space(architecture: Architecture, preset: str) -> None:
    given = architecture.presets[preset]
    assert check(space_of(architecture.name), given) == given


@every_preset
def test_its_preset_builds(architecture: Architecture, preset: str) -> None:
    assert built(architecture, architecture.presets[preset]).class_names == NAMES[:2]


# Datasets --------------------------------------------------------------------------------------------------


@every_dataset
def test_it_opens_without_a_complaint(dataset: Dataset) -> None:
    assert open_dataset(dataset.name, {dataset.name: dataset}).notices == ()


@every_dataset
def test_every_class_is_in_every_split(dataset: Dataset) -> None:
    counts = open_dataset(dataset.name, {dataset.name: dataset}).counts
    assert min(count for split in SPLITS for count in counts[split].values()) > 0


@every_dataset
def test_its_size_and_channels_are_known(dataset: Dataset) -> None:
    opened = open_dataset(dataset.name, {dataset.name: dataset})
    assert (natural_size(opened) > 0, natural_channels(opened) in (1, 3)) == (True, True)


@every_dataset
def test_loading_twice_gives_the_same_images(dataset: Dataset) -> None:
    renamed = replace(dataset, name="again")
    one, other = (
        open_dataset(dataset.name, {dataset.name: dataset}),
        open_dataset("again", {"again": renamed}),
    )
    assert one.fingerprint == other.fingerprint
