"""Archives: what they unpack to, and that nothing in one can reach outside, fill the disk, or hang."""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.formats import FORMATS
from zoo.data.cache_folder import cache_folder
from zoo.data.sources import load_path, open_dataset, unpacking
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"zip": "zip", "tar": "tar", "gztar": "tar.gz", "bztar": "tar.bz2", "xztar": "tar.xz"}


class Heard(Progress):
    """Remembers what advanced, and whether to its end."""

    def __init__(self) -> None:
        self.works: list[str] = []

    def advanced(self, work: str, done: int, total: int) -> None:
        self.works.append(f"{work} {done == total}")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(path: Path, members: dict[str, bytes], modes: dict[str, int] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (modes or {}).get(name, 0o644) << 16
            archive.writestr(info, content)
    return path


def tarred(path: Path, members: dict[str, bytes], *special: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in special:
            archive.addfile(info)
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        load_path(path, FORMATS)
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.fixture
def members(photos: Path) -> dict[str, bytes]:
    """The content of the photos, as `cat/00.png`."""
    return {str(path.relative_to(photos)): path.read_bytes() for path in sorted(photos.rglob("*.png"))}


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


def test_it_is_unpacked_once(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "pets.zip", members)
    first = load_path(path, FORMATS).items[0]
    assert isinstance(first, Path)
    before = first.stat().st_ino
    shutil.copy(path, tmp_path / "copy.zip")
    again = load_path(tmp_path / "copy.zip", FORMATS).items[0]
    assert isinstance(again, Path)
    assert again.stat().st_ino == before


def test_the_cache_names_it_by_its_content(tmp_path: Path, cache: Path, members: dict[str, bytes]) -> None:
    load_path(zipped(tmp_path / "pets.zip", members), FORMATS)
    (folder,) = [path for path in (cache / "unpacked").iterdir() if path.is_dir()]
    assert len(folder.name) == 16


def test_two_at_once_unpack_one(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "pets.zip", members)
    heard = Heard()
    threads = [threading.Thread(target=load_path, args=(path, FORMATS, heard)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (heard.works.count("unpacking True"), heard.works.count("unpacking False")) == (1, len(members))


def test_what_a_killed_process_left_is_unpacked_anew(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "pets.zip", members)
    left = Path(f"{unpacking.unpacked_entry(path)}.tmp")
    (left / "old").mkdir(parents=True)
    (left / "old" / "9.png").write_bytes(b"half")
    assert len(load_path(path, FORMATS).items) == len(members)
    assert not left.exists()


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
        zipped(tmp_path / "a.zip", {f"train/{name}": one for name, one in members.items()}), FORMATS
    )
    assert set(images.split or ()) == {"train"}


def test_folders_written_as_windows_does_are_folders(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {name.replace("/", "\\"): one for name, one in members.items()})
    assert load_path(path, FORMATS).class_names == ("cat", "dog")


def test_a_manifest_inside_is_followed(tmp_path: Path, members: dict[str, bytes]) -> None:
    rows = b"path,label\ncat/00.png,x\ndog/00.png,y\n"
    assert load_path(zipped(tmp_path / "a.zip", {**members, "manifest.csv": rows}), FORMATS).class_names == (
        "x",
        "y",
    )


# Strangers' archives -------------------------------------------------------------------------------------


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
    told = [(Path(file.path).name, file.reason) for file in images.skipped]
    assert (len(images.items), told) == (len(members), [("link.png", "a link in an archive is not followed")])


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


def test_a_manifest_inside_cannot_list_files_outside(
    tmp_path: Path, photos: Path, members: dict[str, bytes]
) -> None:
    rows = f"path,label\n{photos}/cat/00.png,x\ndog/00.png,y\n".encode()
    path = zipped(tmp_path / "a.zip", {**members, "manifest.csv": rows})
    assert refusal(path) == (
        "the manifest in 'a.zip' lists 'photos/cat/00.png', which is outside the archive: unpack it yourself"
    )


def test_a_bomb_in_a_zip_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 10_000)
    path, told = tmp_path / "bomb.zip", Heard()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"cat/{number}.png", bytes(100_000))
    with pytest.raises(DatasetError) as caught:
        load_path(path, FORMATS, told)
    assert told.works == []
    assert str(caught.value) == (
        f"'{path}' unpacks to more than {bytes_in_words(100 * path.stat().st_size)}, 100 times its size or "
        "more, as no images do: if you trust it, unpack it yourself"
    )


@pytest.mark.parametrize("where", ["cat/1.png", ".hidden", "behind the end"])
def test_a_bomb_of_a_tar_is_refused_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 100_000)
    plain, path = tmp_path / "bomb.tar", tmp_path / "bomb.tar.xz"
    bomb = bytes(10_000_000)
    tarred(plain, {"dog/1.png": b"x"} if where == "behind the end" else {where: bomb})
    content = plain.read_bytes() + (bomb if where == "behind the end" else b"")
    path.write_bytes(lzma.compress(content))
    assert "'bomb.tar.xz' unpacks to more than" in refusal(path)


def test_too_many_files_are_refused(
    tmp_path: Path, members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_FILES", 10)
    assert refusal(tarred(tmp_path / "a.tar", members)) == (
        "'a.tar' holds more than 10 files: if you trust it, unpack it yourself"
    )


def test_what_does_not_fit_on_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 10**18)
    path = zipped(tmp_path / "large.zip", {"cat/1.png": b"x"})
    budget = unpacking.Budget(path, tmp_path)
    with pytest.raises(
        DatasetError, match=r"needs 1000000 TB in the cache .* which has .* GB free: make room"
    ):
        budget.require_room(10**18)


def test_a_failed_one_leaves_nothing_in_the_cache(
    tmp_path: Path, cache: Path, members: dict[str, bytes]
) -> None:
    refusal(zipped(tmp_path / "a.zip", {**members, "../evil.png": b"x"}))
    assert [path for path in (cache / "unpacked").iterdir() if path.suffix != ".lock"] == []


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


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_empty_archive_is_refused(tmp_path: Path, pack: Callable[..., Path]) -> None:
    path = pack(tmp_path / f"a.{'zip' if pack is zipped else 'tar'}", {})
    assert refusal(path) == f"the archive '{path.name}' contains no files; recreate it"


def test_a_name_that_no_disk_holds_is_told(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {**members, f"cat/{'x' * 300}.png": b"x"})
    assert f"the archive 'a.zip' contains 'cat/{'x' * 76}', a name that the disk does not allow" in refusal(
        path
    )


def test_a_file_that_is_also_a_folder_is_told(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {**members, "cat/00.png/1.png": b"x"})
    assert refusal(path) == (
        "the archive 'a.zip' contains 'cat/00.png/1.png' as a file and as a folder; recreate it"
    )


def test_a_missing_archive_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.zip") == "there is no file 'gone.zip'; check the path"


def test_a_cache_that_cannot_be_written_is_told(
    tmp_path: Path, members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert refusal(zipped(tmp_path / "a.zip", members)) == (
        "cannot write the cache 'file/unpacked': not a directory; make room, or set ZOO_CACHE to a folder on "
        "another disk"
    )
