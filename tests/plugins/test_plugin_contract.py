"""The contract, checked for every architecture and dataset that zoo ships, one test a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.formats import FORMATS
from tests.plugins.hub_modules import save_network
from tests.plugins.large_networks import DEEPER, LARGE
from zoo.data.sources import open_dataset
from zoo.interfaces import SPLITS, Architecture, Dataset, Decoder, Source
from zoo.plugins import load_plugins
from zoo.testing import (
    ARCHITECTURE_CHECKS,
    DATASET_CHECKS,
    DECODER_CHECKS,
    SOURCE_CHECKS,
    check_architecture,
    check_dataset,
    check_decoder,
    check_source,
)
from zoo.testing.contract import NEED_SAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLUGINS = load_plugins()

DOWNLOADED = ("mnist", "fashion-mnist", "cifar10", "cifar100")  # test_keras_datasets.py makes their files
AT_HAND = {name: dataset for name, dataset in PLUGINS.datasets.items() if name not in DOWNLOADED}

every_dataset = pytest.mark.parametrize("dataset", AT_HAND.values(), ids=AT_HAND)


SLOW = ("builds-again", "draws", "predicts", "trains", "reloads", "frozen", "exports")
SLOWEST = ("trains", "reloads", "frozen", "exports")  # which train an epoch or more
SMALL = ("convnet", "tfhub")


def marks_of(name: str, check: str) -> tuple[pytest.MarkDecorator, ...]:
    """Mark slow checks, which are tested with smaller networks of the same kind."""
    slow = check in SLOW if name in LARGE else check in SLOWEST and name not in SMALL
    return (pytest.mark.large,) if name in DEEPER or slow else ()


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    """Hyperparameters without which an architecture cannot be built."""
    folder: Path = tmp_path_factory.mktemp("module")
    return {"tfhub": {"handle": save_network(folder)}}


# Architecture by architecture, so that the checks of one share what is built; see the scheduler in conftest.py.
@pytest.mark.parametrize(
    ("architecture", "check"),
    [
        pytest.param(architecture, check, id=f"{name} {check}", marks=marks_of(name, check))
        for name, architecture in PLUGINS.architectures.items()
        for check in ARCHITECTURE_CHECKS
    ],
)
def test_architecture(
    architecture: Architecture, check: str, needed: Mapping[str, Mapping[str, str]]
) -> None:
    check_architecture(architecture, check, hyperparameters=needed.get(architecture.name))


@every_dataset
@pytest.mark.parametrize("check", DATASET_CHECKS)
def test_dataset(dataset: Dataset, check: str) -> None:
    check_dataset(dataset, check)


@pytest.mark.parametrize("check", DECODER_CHECKS)
@pytest.mark.parametrize("decoder", PLUGINS.decoders.values(), ids=PLUGINS.decoders)
def test_decoder(decoder: Decoder, check: str) -> None:
    check_decoder(decoder, check)


@pytest.mark.parametrize(
    ("source", "check"),
    [
        pytest.param(source, check, id=f"{name} {check}")
        for name, source in PLUGINS.sources.items()
        for check in SOURCE_CHECKS
        if name != "tfds" or check not in NEED_SAMPLE  # it has no sample, for it needs the network
    ],
)
def test_source(source: Source, check: str) -> None:
    check_source(source, check)


@every_dataset
def test_a_dataset_has_every_class_in_every_split(dataset: Dataset) -> None:
    counts = open_dataset(dataset.name, {dataset.name: dataset}, FORMATS).counts
    assert min(count for split in SPLITS for count in counts[split].values()) > 0
