"""Files are unpacked once into the cache, within bounds."""

from __future__ import annotations

import lzma
import shutil
import threading
import zipfile
from pathlib import Path

import pytest

from tests.data.sources.packing import refusal, tarred, zipped
from tests.formats import FORMATS
from tests.progress import RecordedProgress
from zoo.data.sources import load_path, unpacking
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError


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
    progress = RecordedProgress()
    threads = [threading.Thread(target=load_path, args=(path, FORMATS, progress)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (progress.completed("unpacking"), len(progress.advances)) == (1, 1 + len(members))


def test_an_archive_whose_unpacking_was_killed_is_unpacked_again(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    path = zipped(tmp_path / "pets.zip", members)
    left = Path(f"{unpacking.unpacked_entry(path)}.tmp")
    (left / "old").mkdir(parents=True)
    (left / "old" / "9.png").write_bytes(b"half")
    assert len(load_path(path, FORMATS).items) == len(members)
    assert not left.exists()


def test_a_bomb_in_a_zip_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 10_000)
    path, progress = tmp_path / "bomb.zip", RecordedProgress()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"cat/{number}.png", bytes(100_000))
    with pytest.raises(DatasetError) as caught:
        load_path(path, FORMATS, progress)
    assert progress.advances == []
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


def test_an_archive_that_does_not_fit_on_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_missing_archive_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.zip") == "there is no file 'gone.zip'; check the path"


def test_a_cache_that_cannot_be_written_is_reported(
    tmp_path: Path, members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert refusal(zipped(tmp_path / "a.zip", members)) == (
        "cannot write the cache 'file/unpacked': not a directory; make room, or set ZOO_CACHE to a folder on "
        "another disk"
    )
