"""Datasets under names, and the display of their changes. No TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.progress import RecordedProgress
from zoo.errors import DatasetError, RegistryError, UnknownNameError
from zoo.interfaces import SkippedFile
from zoo.workflows.datasets import (
    add_dataset,
    change_of,
    content_of,
    describe_skipped,
    names_taken,
    open_images,
    versions_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.opened import OpenedDataset
    from zoo.plugins import Plugins
    from zoo.registry import Registry

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two classes with three images each."""
    for name, brightness in (("cat", 0), ("dog", 190)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            pixels = np.random.default_rng(brightness + number).integers(0, 60, (8, 8)) + brightness
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def opened(plugins: Plugins, registry: Registry, ref: object) -> OpenedDataset:
    return open_images(plugins, registry, str(ref), RecordedProgress())


def test_an_added_dataset_is_opened_by_its_name(plugins: Plugins, registry: Registry, photos: Path) -> None:
    version = add_dataset(plugins, registry, "pictures", str(photos), RecordedProgress())
    assert (version.name, version.version) == ("pictures", 1)
    assert opened(plugins, registry, "pictures").fingerprint == opened(plugins, registry, photos).fingerprint


def test_the_name_of_a_plugins_dataset_is_refused(plugins: Plugins, registry: Registry, photos: Path) -> None:
    with pytest.raises(DatasetError, match="the name 'blobs' is that of a plugin's dataset"):
        add_dataset(plugins, registry, "blobs", str(photos), RecordedProgress())


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "a b", "a/b"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(
    plugins: Plugins, registry: Registry, photos: Path, name: str
) -> None:
    with pytest.raises(DatasetError, match="cannot name a dataset"):
        add_dataset(plugins, registry, name, str(photos), RecordedProgress())


def test_the_name_of_another_dataset_is_refused_unless_it_is_replaced(
    plugins: Plugins, registry: Registry, photos: Path
) -> None:
    add_dataset(plugins, registry, "pictures", "three", RecordedProgress())
    with pytest.raises(RegistryError):
        add_dataset(plugins, registry, "pictures", str(photos), RecordedProgress())
    version = add_dataset(plugins, registry, "pictures", str(photos), RecordedProgress(), replace=True)
    assert version.version == 2


def test_an_unknown_dataset_is_refused(plugins: Plugins, registry: Registry) -> None:
    with pytest.raises(UnknownNameError, match="unknown dataset 'blobbs': did you mean 'blobs'"):
        opened(plugins, registry, "blobbs")


def test_a_dataset_that_was_never_recorded_has_not_changed(
    plugins: Plugins, registry: Registry, photos: Path
) -> None:
    dataset = opened(plugins, registry, photos)
    assert (versions_of(registry, dataset), change_of(registry, dataset)) == ([], "")


def test_a_change_is_described(plugins: Plugins, registry: Registry, photos: Path) -> None:
    registry.record_dataset(content_of(opened(plugins, registry, photos)))
    (photos / "cat" / "0.png").unlink()
    message = change_of(registry, opened(plugins, registry, photos))
    assert message.startswith("photos has changed since version 1 of ")
    assert message.endswith(": 6 images then, 5 now")


def test_versions_are_found_by_the_source_where_the_name_is_another(
    plugins: Plugins, registry: Registry, photos: Path
) -> None:
    add_dataset(plugins, registry, "pictures", str(photos), RecordedProgress())
    assert [version.name for version in versions_of(registry, opened(plugins, registry, photos))] == [
        "pictures"
    ]


def test_names_of_plugins_are_taken_for_all_others(
    plugins: Plugins, registry: Registry, photos: Path
) -> None:
    assert names_taken(plugins, opened(plugins, registry, "blobs")) == ()
    assert "blobs" in names_taken(plugins, opened(plugins, registry, photos))


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (1, "skipped 1 file: 1.png (empty)"),
        (3, "skipped 3 files: 1.png (empty), 2.png (empty), 3.png (empty)"),
        (5, "skipped 5 files: 1.png (empty), 2.png (empty), 3.png (empty) and 2 more"),
    ],
)
def test_the_first_skipped_files_are_named(number: int, line: str) -> None:
    skipped = tuple(SkippedFile(f"{place}.png", "empty") for place in range(1, number + 1))
    assert describe_skipped(skipped) == line
