"""A file behind a URL becomes labeled images, by the source that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.data.urls import PHOTOS, opened, refusal
from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    import fsspec


ONE_FILE = (
    "is not a file that zoo reads from a URL (.npz, .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, "
    ".txz): "
    "for a folder or a manifest mount the bucket, and give the path"
)


@pytest.mark.usefixtures("bucket")
def test_an_archive_is_the_dataset_that_it_would_be_as_a_file(archive: Path) -> None:
    dataset = opened(PHOTOS)
    assert (dataset.name, dataset.source) == ("photos", PHOTOS)
    assert dataset.fingerprint == open_dataset(str(archive), {}, FORMATS).fingerprint


def test_a_file_of_arrays(bucket: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    np.savez(tmp_path / "Digits.NPZ.npz", x=np.arange(60 * 16).reshape(60, 4, 4) % 251, y=np.arange(60) % 2)
    bucket.put_file(str(tmp_path / "Digits.NPZ.npz"), "/Digits.NPZ")
    dataset = opened("memory://Digits.NPZ")
    assert (dataset.name, len(dataset.digests)) == ("digits", 60)


@pytest.mark.usefixtures("bucket")
def test_a_new_split_is_asked_for_behind_the_url() -> None:
    assert refusal(f"{PHOTOS}#resplit") == (
        "dataset 'photos-resplit' has no splits of its own: leave out --resplit or #resplit"
    )


@pytest.mark.usefixtures("bucket")
def test_a_name_for_a_url() -> None:
    dataset = open_dataset("mine", {}, FORMATS, {"mine": PHOTOS})
    assert (dataset.name, dataset.source) == ("mine", PHOTOS)


def test_a_name_for_a_url_that_is_also_a_folder_here(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    with pytest.raises(DatasetError) as caught:
        open_dataset("photos", {}, FORMATS, {"photos": PHOTOS})
    assert str(caught.value) == (
        f"'photos' is ambiguous: the dataset at {PHOTOS} and the path ./photos; write {PHOTOS} or ./photos"
    )


def test_a_damaged_file_is_called_by_its_url(bucket: fsspec.AbstractFileSystem) -> None:
    bucket.pipe("/bad.zip", b"text")
    assert refusal("memory://bad.zip") == (
        "the archive 'memory://bad.zip' is damaged or not an archive; create or download it again"
    )


@pytest.mark.parametrize(
    "url",
    ["memory://photos", "memory://photos.zip/", "memory://manifest.csv", "memory://x_train.npy"],
)
def test_a_url_that_no_source_reads_by_itself_is_refused(url: str) -> None:
    assert refusal(url) == f"'{url}' {ONE_FILE}"
