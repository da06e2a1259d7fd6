from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from zoo.errors import UnknownNameError

from .builders import record_digits

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import DatasetVersion
    from zoo.registry import Registry


def _record_folder(registry: Registry, source: str, content: str = "f") -> DatasetVersion:
    return registry.record_dataset(
        name="photos", source=source, fingerprint=content * 64, class_names=("a", "b"), counts={}
    )


def test_a_dataset_comes_back_whole(registry: Registry, digits: DatasetVersion) -> None:
    assert registry.dataset("digits") == digits


def test_what_was_recorded_is_kept(digits: DatasetVersion) -> None:
    assert (digits.name, digits.version, digits.source, digits.class_names, digits.counts["train"]) == (
        "digits",
        1,
        "plugin digits",
        ("one", "two"),
        {"one": 3, "two": 4},
    )


def test_it_is_recorded_now(digits: DatasetVersion) -> None:
    assert abs((datetime.now(UTC) - digits.created_at).total_seconds()) < 60


def test_the_same_content_is_the_known_version(registry: Registry, digits: DatasetVersion) -> None:
    assert record_digits(registry) == digits


def test_new_content_of_a_source_is_the_next_version(registry: Registry, digits: DatasetVersion) -> None:
    assert (record_digits(registry, "b").name, record_digits(registry, "c").version) == (digits.name, 3)


def test_content_that_comes_back_is_its_old_version(registry: Registry, digits: DatasetVersion) -> None:
    record_digits(registry, "b")
    assert record_digits(registry, "a") == digits


def test_another_source_of_a_name_gets_the_next_free_name(registry: Registry) -> None:
    names = [_record_folder(registry, source).name for source in ("/a/photos", "/b/photos", "/c/photos")]
    assert names == ["photos", "photos-2", "photos-3"]


def test_a_renamed_source_keeps_its_name_for_new_content(registry: Registry) -> None:
    _record_folder(registry, "/a/photos")
    _record_folder(registry, "/b/photos")
    changed = _record_folder(registry, "/b/photos", "0")
    assert (changed.name, changed.version) == ("photos-2", 2)


def test_datasets_lists_every_version(registry: Registry, digits: DatasetVersion) -> None:
    newer = record_digits(registry, "b")
    photos = _record_folder(registry, "/a/photos")
    assert registry.datasets() == [digits, newer, photos]


def test_a_name_means_the_newest_version(registry: Registry, digits: DatasetVersion) -> None:
    assert record_digits(registry, "b") == registry.dataset(digits.name)


def test_a_relative_path_means_the_dataset_of_that_folder(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = _record_folder(registry, str(tmp_path / "photos"))
    monkeypatch.chdir(tmp_path)
    assert registry.dataset("./photos") == photos


def test_an_unknown_dataset_tells_the_nearest_name(registry: Registry, digits: DatasetVersion) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'digit': did you mean 'digits'\?"):
        registry.dataset("digit")
