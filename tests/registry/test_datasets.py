from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import content_of, record_digits
from zoo.errors import RegistryError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import DatasetVersion
    from zoo.registry import Registry


def _record_folder(registry: Registry, source: str, content: str = "f") -> DatasetVersion:
    return registry.record_dataset(content_of("photos", source, content))


def test_a_dataset_comes_back_whole(registry: Registry, digits: DatasetVersion) -> None:
    assert registry.dataset("digits") == digits


def test_recorded_fields_are_stored(digits: DatasetVersion) -> None:
    assert (digits.name, digits.version, digits.source, digits.class_names, digits.counts["train"]) == (
        "digits",
        1,
        "plugin digits",
        ("one", "two"),
        {"one": 3, "two": 4},
    )


def test_it_is_recorded_now(digits: DatasetVersion) -> None:
    assert abs((datetime.now(UTC) - digits.created_at).total_seconds()) < 60


def test_the_same_content_is_the_existing_version(registry: Registry, digits: DatasetVersion) -> None:
    assert record_digits(registry) == digits


def test_new_content_of_a_source_is_the_next_version(registry: Registry, digits: DatasetVersion) -> None:
    assert (record_digits(registry, "b").name, record_digits(registry, "c").version) == (digits.name, 3)


def test_content_that_comes_back_is_its_old_version(registry: Registry, digits: DatasetVersion) -> None:
    record_digits(registry, "b")
    assert record_digits(registry, "a") == digits


def test_another_source_of_a_name_gets_the_next_free_name(registry: Registry) -> None:
    names = [_record_folder(registry, f"/{content}/photos", content).name for content in "abc"]
    assert names == ["photos", "photos-2", "photos-3"]


def test_the_same_content_from_elsewhere_is_the_same_dataset(registry: Registry) -> None:
    assert _record_folder(registry, "/b/photos") == _record_folder(registry, "/a/photos")


def test_a_renamed_source_keeps_its_name_for_new_content(registry: Registry) -> None:
    _record_folder(registry, "/a/photos", "a")
    _record_folder(registry, "/b/photos", "b")
    changed = _record_folder(registry, "/b/photos", "0")
    assert (changed.name, changed.version) == ("photos-2", 2)


def test_a_name_means_the_newest_version(registry: Registry, digits: DatasetVersion) -> None:
    assert record_digits(registry, "b") == registry.dataset(digits.name)


def test_a_relative_path_means_the_dataset_of_that_folder(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = _record_folder(registry, str(tmp_path / "photos"))
    monkeypatch.chdir(tmp_path)
    assert registry.dataset("./photos") == photos


def test_an_unknown_dataset_gets_the_nearest_name(registry: Registry, digits: DatasetVersion) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'digit': did you mean 'digits'\?"):
        registry.dataset("digit")


def test_a_name_that_is_taken_is_left_alone(registry: Registry) -> None:
    version = registry.record_dataset(content_of("digits", "/a/digits"), taken=["digits"])
    assert version.name == "digits-2"


def test_a_dataset_gets_the_name_that_it_is_added_by(registry: Registry) -> None:
    added = registry.add_dataset(content_of("pets", "/a/photos"))
    assert (added.name, added.version, registry.dataset_sources()) == ("pets", 1, {"pets": "/a/photos"})


def test_images_from_a_named_source_count_for_the_name(registry: Registry) -> None:
    added = registry.add_dataset(content_of("pets", "/a/photos"))
    assert _record_folder(registry, "/a/photos", "a") == added


def test_one_source_may_have_two_names(registry: Registry) -> None:
    _record_folder(registry, "/a/photos")
    registry.add_dataset(content_of("pets", "/a/photos", "0"))
    assert _record_folder(registry, "/a/photos", "1").name == "photos"


def test_a_name_of_another_dataset_is_not_taken_over(registry: Registry) -> None:
    registry.add_dataset(content_of("pets", "/a/photos"))
    with pytest.raises(RegistryError, match="the name 'pets' belongs to the dataset at /a/photos: choose"):
        registry.add_dataset(content_of("pets", "/b/photos", "0"))


def test_another_dataset_may_become_the_next_version(registry: Registry) -> None:
    registry.add_dataset(content_of("pets", "/a/photos"))
    added = registry.add_dataset(content_of("pets", "/b/photos", "0"), replace=True)
    assert (added.version, registry.dataset_sources()) == (2, {"pets": "/b/photos"})


def test_a_dataset_that_has_moved_keeps_its_version(registry: Registry) -> None:
    before = registry.add_dataset(content_of("pets", "/a/photos"))
    assert registry.add_dataset(content_of("pets", "/b/photos")) == replace(before, source="/b/photos")


def test_the_content_of_an_older_version_from_elsewhere_is_refused(registry: Registry) -> None:
    registry.add_dataset(content_of("pets", "/a/photos", "0"))
    registry.add_dataset(content_of("pets", "/a/photos", "1"))
    with pytest.raises(RegistryError, match="the same content as version 1 of 'pets', from /a/photos"):
        registry.add_dataset(content_of("pets", "/b/photos", "0"), replace=True)


def test_a_folder_that_lost_its_name_is_a_dataset_of_its_own(registry: Registry) -> None:
    registry.add_dataset(content_of("pets", "/a/photos", "0"))
    registry.add_dataset(content_of("pets", "/b/photos", "1"), replace=True)
    assert _record_folder(registry, "/a/photos", "2").name == "photos"


def test_a_version_is_found_by_its_number(registry: Registry, digits: DatasetVersion) -> None:
    record_digits(registry, "b")
    assert registry.dataset("digits", 1) == digits


def test_a_dataset_of_tensorflow_datasets_is_found_by_its_reference(registry: Registry) -> None:
    version = registry.record_dataset(content_of("tfds-mnist", "tfds:mnist"))
    assert registry.dataset("tfds:mnist") == version
