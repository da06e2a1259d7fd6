"""Datasets as the registry lists and names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import content_of, record_digits
from zoo.errors import RegistryError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion
    from zoo.registry import Registry


def test_datasets_lists_every_version(registry: Registry, digits: DatasetVersion) -> None:
    newer = record_digits(registry, "b")
    photos = registry.record_dataset(content_of("photos", "/a/photos"))
    assert registry.datasets() == [digits, newer, photos]


def test_a_refused_name_changes_nothing(registry: Registry) -> None:
    registry.add_dataset(content_of("pets", "/a/photos"))
    before = registry.datasets()
    with pytest.raises(RegistryError):
        registry.add_dataset(content_of("pets", "/b/photos", "0"))
    assert registry.datasets() == before


def test_each_name_has_the_source_of_its_newest_version(registry: Registry) -> None:
    record_digits(registry)
    registry.add_dataset(content_of("pets", "/a", "b"))
    registry.add_dataset(content_of("pets", "/b", "c"), replace=True)
    assert registry.dataset_sources() == {"digits": "plugin digits", "pets": "/b"}
