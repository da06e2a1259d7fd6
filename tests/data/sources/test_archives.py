"""Archives: how they are unpacked, and that no archive can write outside, fill the disk or hang."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.data.sources.packing import KINDS, refusal, tarred, zipped
from tests.formats import FORMATS
from zoo.data.sources import load_path, open_dataset

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("top", [True, False], ids=["in one folder", "without a folder"])
def test_an_archive_has_the_fingerprint_of_its_folder(
    tmp_path: Path, photos: Path, kind: str, top: bool
) -> None:
    root, base = (tmp_path, "photos") if top else (photos, ".")
    path = Path(shutil.make_archive(str(tmp_path / "pets"), kind, root, base))
    opened = open_dataset(str(path), {}, FORMATS)
    assert path.name == f"pets.{KINDS[kind]}"
    assert (opened.name, opened.fingerprint) == ("pets", open_dataset(str(photos), {}, FORMATS).fingerprint)


def test_only_hidden_things_lie_beside_the_one_folder(tmp_path: Path, members: dict[str, bytes]) -> None:
    inside = {f"pets/{name}": content for name, content in members.items()}
    path = zipped(
        tmp_path / "a.zip",
        {**inside, "__MACOSX/pets/cat/._00.png": b"x", ".DS_Store": b"x", "README.md": b"x"},
    )
    images = load_path(path, FORMATS)
    assert (len(images.items), images.class_names, images.skipped) == (len(members), ("cat", "dog"), ())


def test_an_only_train_folder_is_a_split(tmp_path: Path, members: dict[str, bytes]) -> None:
    images = load_path(
        zipped(tmp_path / "a.zip", {f"train/{name}": content for name, content in members.items()}), FORMATS
    )
    assert set(images.split or ()) == {"train"}


def test_folders_written_as_windows_does_are_folders(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {name.replace("/", "\\"): content for name, content in members.items()})
    assert load_path(path, FORMATS).class_names == ("cat", "dog")


def test_a_manifest_inside_is_followed(tmp_path: Path, members: dict[str, bytes]) -> None:
    rows = b"path,label\ncat/00.png,x\ndog/00.png,y\n"
    assert load_path(zipped(tmp_path / "a.zip", {**members, "manifest.csv": rows}), FORMATS).class_names == (
        "x",
        "y",
    )


# Strangers' archives -------------------------------------------------------------------------------------


def test_a_manifest_inside_cannot_list_files_outside(
    tmp_path: Path, photos: Path, members: dict[str, bytes]
) -> None:
    rows = f"path,label\n{photos}/cat/00.png,x\ndog/00.png,y\n".encode()
    path = zipped(tmp_path / "a.zip", {**members, "manifest.csv": rows})
    assert refusal(path) == (
        "the manifest in 'a.zip' lists 'photos/cat/00.png', which is outside the archive: unpack it yourself"
    )


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_empty_archive_is_refused(tmp_path: Path, pack: Callable[..., Path]) -> None:
    path = pack(tmp_path / f"a.{'zip' if pack is zipped else 'tar'}", {})
    assert refusal(path) == f"the archive '{path.name}' contains no files; recreate it"


def test_a_name_that_no_disk_holds_is_reported(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {**members, f"cat/{'x' * 300}.png": b"x"})
    assert f"the archive 'a.zip' contains 'cat/{'x' * 76}', a name that the disk does not allow" in refusal(
        path
    )


def test_a_file_that_is_also_a_folder_is_reported(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {**members, "cat/00.png/1.png": b"x"})
    assert refusal(path) == (
        "the archive 'a.zip' contains 'cat/00.png/1.png' as a file and as a folder; recreate it"
    )
