"""Strangers' archives: paths and links that lead outside, encryption and damage."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.data.sources.packing import KINDS, refusal, special, tarred, zipped
from tests.formats import FORMATS
from zoo.data.cache_folder import cache_folder
from zoo.data.sources import load_path

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("name", ["../../evil.png", "/evil.png", "cat/../../evil.png", "..\\evil.png"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_no_path_leaves_the_folder(
    tmp_path: Path, members: dict[str, bytes], pack: Callable[..., Path], name: str
) -> None:
    if pack is tarred and "\\" in name:
        name = name.replace("\\", "/")  # where it is a letter like others
    path = pack(tmp_path / f"a.{'zip' if pack is zipped else 'tar'}", {**members, name: b"evil"})
    shown = name.replace("\\", "/")
    assert refusal(path) == (
        f"the archive '{path.name}' contains '{shown}', a path outside of its folder: if you trust it, "
        "unpack it yourself"
    )
    assert not list(tmp_path.rglob("evil*"))


def test_a_link_in_a_zip_is_left_out(tmp_path: Path, members: dict[str, bytes]) -> None:
    modes = {"cat/link.png": stat.S_IFLNK | 0o777}
    images = load_path(
        zipped(tmp_path / "a.zip", {**members, "cat/link.png": b"/etc/hostname"}, modes), FORMATS
    )
    skipped = [(Path(file.path).name, file.reason) for file in images.skipped]
    assert (len(images.items), skipped) == (
        len(members),
        [("link.png", "a link in an archive is not followed")],
    )


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_device_in_a_tar_is_left_out(
    tmp_path: Path, members: dict[str, bytes], kind: bytes
) -> None:
    info = special("cat/link.png", kind, "gone/outside.png")
    images = load_path(tarred(tmp_path / "a.tar", members, info), FORMATS)
    assert [Path(file.path).name for file in images.skipped] == ["link.png"]
    assert not any(path.is_symlink() for path in cache_folder().rglob("*"))


def test_nothing_is_written_through_a_link(tmp_path: Path, members: dict[str, bytes]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(special("cat", tarfile.SYMTYPE, str(outside)))
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    load_path(path, FORMATS)
    assert list(outside.iterdir()) == []


def test_a_hard_link_is_a_copy_of_the_file_in_the_archive(tmp_path: Path, members: dict[str, bytes]) -> None:
    images = load_path(
        tarred(tmp_path / "a.tar", members, special("dog/copy.png", tarfile.LNKTYPE, "cat/00.png")), FORMATS
    )
    (copy,) = [item for item in images.items if isinstance(item, Path) and item.name == "copy.png"]
    assert copy.read_bytes() == members["cat/00.png"]


@pytest.mark.parametrize("target", ["../../secret.png", "/secret.png"])
def test_a_hard_link_to_outside_is_refused(tmp_path: Path, members: dict[str, bytes], target: str) -> None:
    path = tarred(tmp_path / "a.tar", members, special("cat/link.png", tarfile.LNKTYPE, target))
    assert f"contains '{target}', a path outside" in refusal(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", members)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal(path) == "the archive 'a.zip' is encrypted; unpack it yourself and give the folder"


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_archive_is_refused(tmp_path: Path, photos: Path, kind: str) -> None:
    path = Path(shutil.make_archive(str(tmp_path / "a"), kind, photos, "."))
    content = path.read_bytes()
    for keep in (0, 1, len(content) // 3, len(content) // 2):
        path.write_bytes(content[:keep])
        assert (
            refusal(path)
            == f"the archive '{path.name}' is damaged or not an archive; create or download it again"
        )


@pytest.mark.parametrize("kind", ["zip", "gztar", "bztar", "xztar"])
def test_a_flipped_byte_is_refused(tmp_path: Path, photos: Path, kind: str) -> None:
    path = Path(shutil.make_archive(str(tmp_path / "a"), kind, photos, "."))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    assert "is damaged or not an archive" in refusal(path)


def test_a_damaged_header_within_a_tar_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = tarred(tmp_path / "a.tar", members)
    content = bytearray(path.read_bytes())
    content[content.index(b"dog/05.png") + 150] ^= 255  # in its checksum
    path.write_bytes(content)
    assert "is damaged or not an archive" in refusal(path)
