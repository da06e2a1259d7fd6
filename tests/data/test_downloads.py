"""Datasets behind URLs: downloaded once, again when they change, and what cannot be had is one line."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from functools import partial
from typing import TYPE_CHECKING

import fsspec
import pytest

from tests.data.urls import PHOTOS, opened, refusal
from tests.progress import RecordedProgress
from zoo.data.cache.entries import list_cache, remove_entry
from zoo.data.downloads import _fetch, file_name, is_url
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


CHECK = "check the URL, the network, and your permissions"


def downloads(url: str) -> bool:
    """Whether opening it downloads it."""
    progress = RecordedProgress()
    opened(url, progress)
    return progress.completed("downloading") > 0


# What may lie behind a URL ---------------------------------------------------------------------------------


def test_a_file_url(archive: Path) -> None:
    assert opened(f"file://{archive}").name == "photos"


@pytest.fixture
def server(archive: Path) -> Iterator[str]:
    """The URL of a server of this machine, which has `photos.zip`."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Handler, directory=archive.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_http(server: str) -> None:
    url = f"{server}/photos.zip?download=1"
    assert (opened(url).name, downloads(url)) == ("photos", False)


def test_a_file_that_the_server_lacks(server: str) -> None:
    url = f"{server}/none.zip"
    message = refusal(url)
    assert message.startswith(f"cannot download '{url}': 404, message='File not found'"), message
    assert message.endswith(f"; {CHECK}"), message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a.zip", True),
        ("HTTPS://host/a.npz", True),
        ("tfds:mnist", False),
        ("C://photos", False),
        ("C:\\photos", False),
        ("./s3://a.zip", False),
        ("photos", False),
    ],
)
def test_urls_are_recognised(text: str, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://bucket/a/photos.zip", "photos.zip"),
        ("s3://bucket/what?.zip", "what?.zip"),
        ("https://host/a/photos.zip?token=1/2#top", "photos.zip"),
        ("zip://in/digits.npz::s3://bucket/all.zip", "digits.npz"),
    ],
)
def test_the_name_of_the_file(url: str, name: str) -> None:
    assert file_name(url) == name


# Once, and again when it has changed ------------------------------------------------------------------------


@pytest.mark.usefixtures("bucket")
def test_it_is_downloaded_once() -> None:
    assert [downloads(PHOTOS), downloads(PHOTOS)] == [True, False]


def test_a_changed_file_is_downloaded_again(
    bucket: fsspec.AbstractFileSystem, archive: Path, photos: Path
) -> None:
    before = opened(PHOTOS)
    (photos / "cat" / "00.png").unlink()
    shutil.make_archive(str(photos), "zip", photos)
    bucket.pipe("/photos.zip", archive.read_bytes())
    after = opened(PHOTOS)
    assert (len(before.digests), len(after.digests)) == (48, 47)


@pytest.mark.usefixtures("bucket")
def test_a_download_that_was_killed_is_begun_anew(cache: Path) -> None:
    """Between the copy and the note of its source."""
    opened(PHOTOS)
    (note,) = cache.glob("downloads/*/*.json")
    note.unlink()
    assert [downloads(PHOTOS), downloads(PHOTOS)] == [True, False]


def test_a_download_that_fails_leaves_nothing(archive: Path, cache: Path) -> None:
    progress = RecordedProgress()

    def get(part: Path, _: object) -> None:
        part.write_bytes(archive.read_bytes()[:100])
        raise ConnectionResetError("the line is dead")

    copy = cache / "photos.zip"
    cache.mkdir()
    with pytest.raises(DatasetError, match="the line is dead"):
        _fetch(get, "s3://b/photos.zip", copy, progress)
    assert (list(cache.iterdir()), progress.advances) == ([], [])


def test_the_note_says_where_it_comes_from(bucket: fsspec.AbstractFileSystem, cache: Path) -> None:
    opened(PHOTOS)
    (note,) = cache.glob("downloads/*/photos.zip.json")
    info = bucket.info("/photos.zip")
    assert json.loads(note.read_text()) == {
        "url": PHOTOS,
        "marks": {"created": str(info["created"]), "size": str(info["size"])},
    }


@pytest.mark.usefixtures("bucket")
def test_the_cache_counts_and_clears_downloads(archive: Path, cache: Path) -> None:
    opened(PHOTOS)
    (entry,) = (entry for entry in list_cache(cache) if entry.kind == "downloads")
    assert entry.bytes > archive.stat().st_size
    assert (remove_entry(cache, entry), downloads(PHOTOS)) == (True, True)


# What cannot be had ------------------------------------------------------------------------------------------


def test_the_copy_is_used_while_the_url_cannot_be_reached(bucket: fsspec.AbstractFileSystem) -> None:
    before, progress = opened(PHOTOS), RecordedProgress()
    bucket.rm("/photos.zip")
    after = opened(PHOTOS, progress)
    (notice,) = progress.notices
    assert after.fingerprint == before.fingerprint
    assert notice.startswith(f"{PHOTOS} cannot be reached (there is no such file): the copy of 2")
    assert notice.endswith(" in the cache is used")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://none.zip", f"cannot download 'memory://none.zip': there is no such file; {CHECK}"),
        (
            "ftp://127.0.0.1:1/a.zip",
            f"cannot download 'ftp://127.0.0.1:1/a.zip': connection refused; {CHECK}",
        ),
        ("foo://x", "'foo://x' begins with foo://, which fsspec does not know: check the URL"),
        (
            "memori://a.zip",
            "'memori://a.zip' begins with memori://, which fsspec does not know: did you mean memory://?",
        ),
        ("file://a.zip", "'file://a.zip' is not a whole path: write file:///home/… or the path alone"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_in_one_line(url: str, message: str) -> None:
    assert refusal(url) == message


def test_a_folder_that_is_called_like_an_archive(photos: Path) -> None:
    url = f"file://{photos.rename(photos.with_name('photos.zip'))}"
    assert refusal(url) == (
        f"'{url}' is a folder, and zoo reads one file from a URL: mount the bucket, and give the path"
    )


@pytest.mark.parametrize(
    ("hint", "advice"),
    [
        ("Install none_such to access Nowhere", "pip install none_such"),
        ("Nowhere needs the package of another name", "install that package"),
    ],
)
def test_a_package_that_is_not_installed_is_named(hint: str, advice: str) -> None:
    protocol = f"nowhere{len(hint)}"
    fsspec.register_implementation(protocol, "none_such.FileSystem", errtxt=hint, clobber=True)
    assert refusal(f"{protocol}://a.zip") == f"cannot download '{protocol}://a.zip': {hint}; {advice}"


@pytest.mark.usefixtures("bucket")
def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert refusal(PHOTOS).startswith(f"cannot write the cache '{tmp_path}/file/downloads")
