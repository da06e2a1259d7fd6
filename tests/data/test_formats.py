"""The choice of the decoder or source for a file, and missing packages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.formats import FORMATS
from tests.progress import RecordedProgress
from zoo.data.formats import Formats, has_package, require_package
from zoo.errors import DatasetError
from zoo.interfaces import Decoder, Progress, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PNG, JPEG = b"\x89PNG\r\n\x1a\n rest", b"\xff\xd8\xff rest"


def decoder(name: str, suffix: str, magic: bytes = b"", offset: int = 0) -> Decoder:
    return Decoder(name, bytes, print, name, "none", (suffix,), ((offset, magic),) if magic else ())  # type: ignore[arg-type]


def source(name: str, recognises: Callable[[Path], bool] | None = None, *suffixes: str) -> Source:
    return Source(name, print, name, "none", suffixes, recognises)  # type: ignore[arg-type]


def decoder_of(name: str, content: bytes, *more: Decoder) -> str | None:
    decoder = Formats((), (*FORMATS.decoders, *more)).decoder_of(name, content)
    return None if decoder is None else decoder.name


# Decoders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.png", PNG, "png"),
        ("A.PNG", PNG, "png"),
        ("a.jpg", PNG, "png"),  # what it is counts, not what it is called
        ("a.png", JPEG, "jpeg"),
        ("a", JPEG, "jpeg"),
        ("a.xyz", JPEG, "jpeg"),
        ("a.png", b"hello", None),
        ("a.txt", b"hello", None),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", None),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0", None),
        ("a.png", b"", None),
    ],
)
def test_magic_bytes_decide_whatever_the_name(name: str, content: bytes, expected: str | None) -> None:
    assert decoder_of(name, content) == expected


def test_of_two_with_the_same_magic_bytes_the_suffix_decides() -> None:
    raw = decoder("raw", ".nef", b"II*\0")
    content = b"II*\0 rest"
    assert [decoder_of(name, content, raw) for name in ("a.nef", "a.tif", "a")] == ["raw", "tiff", "tiff"]


def test_magic_bytes_may_lie_behind_the_beginning() -> None:
    dicom = decoder("dicom", ".dcm", b"DICM", 128)
    assert decoder_of("a", bytes(128) + b"DICM", dicom) == "dicom"
    assert decoder_of("a", b"DICM", dicom) is None


def test_a_decoder_without_magic_bytes_gets_files_with_its_suffix_and_no_known_magic_bytes() -> None:
    plain = decoder("plain", ".tga")
    decoders = [
        decoder_of(name, content, plain) for name, content in (("a.tga", b"x"), ("a.tga", PNG), ("a", b"x"))
    ]
    assert decoders == ["plain", "png", None]


def test_a_suffix_may_have_two_dots() -> None:
    scan = decoder("scan", ".nii.gz")
    assert [decoder_of(name, b"x", scan) for name in ("brain.1.nii.gz", "brain.gz")] == ["scan", None]


def test_a_dot_in_a_folder_is_no_suffix() -> None:
    assert decoder_of("set.tga/a", b"x", decoder("plain", ".tga")) is None


def test_image_suffixes_are_those_of_all_decoders() -> None:
    formats = Formats((), (*FORMATS.decoders, decoder("plain", ".tga")))
    assert formats.image_suffixes == (*FORMATS.image_suffixes, ".tga")


# Sources ---------------------------------------------------------------------------------------------------


def test_of_the_sources_that_recognise_a_folder_the_last_is_taken(tmp_path: Path) -> None:
    formats = Formats((source("one", lambda path: True), source("two", lambda path: True)), ())
    chosen = formats.source_of(tmp_path, Progress())
    assert chosen is formats.sources[1]


def test_recognition_goes_before_suffixes(tmp_path: Path) -> None:
    formats = Formats((source("one", lambda path: path.name == "a.x"), source("two", None, ".x")), ())
    sources = [formats.source_of(tmp_path / name, Progress()) for name in ("a.x", "b.x", "c.y")]
    assert sources == [*formats.sources, None]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.tar.gz", "archive"), ("A.ZIP", "archive"), ("a.npz", "npz"), ("a.gz", None)]
)
def test_a_file_belongs_to_the_source_with_its_suffix(name: str, expected: str | None) -> None:
    source = FORMATS.source_of_file(name)
    assert (None if source is None else source.name) == expected


def test_a_reference_belongs_to_the_source_with_its_prefix() -> None:
    source = FORMATS.source_of_reference("tfds:mnist")
    assert source is not None
    assert source.name == "tfds"
    assert FORMATS.source_of_reference("./tfds:mnist") is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit("x"), "GeneratorExit: x"),
    ],
)
def test_a_source_that_fails_to_look_is_reported_and_passed_over(
    tmp_path: Path, error: BaseException, reason: str
) -> None:
    def fail(path: Path) -> bool:
        raise error

    progress = RecordedProgress()
    formats = Formats((*FORMATS.sources, source("bad", fail)), FORMATS.decoders)
    chosen = formats.source_of(tmp_path, progress)
    assert chosen is FORMATS.sources[0]
    assert progress.notices == [
        f"source 'bad' failed to look at '{tmp_path}' ({reason}) and is skipped; fix its plugin"
    ]


def test_a_source_that_may_not_look_says_no(tmp_path: Path) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    progress = RecordedProgress()
    assert Formats((source("shy", forbidden),), ()).source_of(tmp_path, progress) is None
    assert progress.notices == []


# Packages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "has"),
    [("", True), ("json", True), ("json.decoder", True), ("nowhere", False), ("nowhere.x", False)],
)
def test_a_package_is_looked_for(package: str, has: bool) -> None:
    assert has_package(replace(FORMATS.decoders[0], package=package)) is has


@pytest.mark.parametrize(
    ("install", "advice"), [("", "pip install nowhere"), ("no-where>=2", "pip install no-where>=2")]
)
def test_a_missing_package_is_one_line(install: str, advice: str) -> None:
    needy = replace(FORMATS.decoders[0], package="nowhere", install=install)
    with pytest.raises(DatasetError) as caught:
        require_package(needy, "a.toy")
    assert str(caught.value) == f"'a.toy' needs nowhere, which is not installed: {advice}"
