"""The cache folder, and errors of the system in writing there."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from zoo.data.cache import decode_dataset
from zoo.data.cache_folder import writing
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


def test_the_cache_folder_comes_from_the_environment(
    opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "mine"))
    decode_dataset(opened_photos, 8, 3, progress=Progress())
    (entry,) = (tmp_path / "mine" / "decoded").iterdir()
    assert entry.name == f"{opened_photos.fingerprint[:16]}-8x8x3"


def test_the_cache_is_in_the_users_cache_folder_otherwise(
    opened_photos: OpenedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZOO_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    decode_dataset(opened_photos, 8, 3, progress=Progress())
    assert len(list(tmp_path.rglob("pixels.bin"))) == 1


def test_a_file_system_without_locks(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught, writing(tmp_path):
        raise NotImplementedError  # as filelock does there
    assert str(caught.value) == (
        f"the cache '{tmp_path}' is on a file system without locks: set ZOO_CACHE to a folder on a local disk"
    )


def test_an_error_of_the_system_names_the_folder_and_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught, writing(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == (
        f"cannot write the cache '{tmp_path}': no space left on device; make room, or set ZOO_CACHE to a folder on "
        "another disk"
    )
