"""`zoo data` on every kind of source: output, records and refusals."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Result


def manifest(photos: Path) -> Path:
    rows = "".join(
        f"{path.relative_to(photos.parent)},{path.parent.name}\n" for path in sorted(photos.rglob("*.png"))
    )
    path = photos.parent / "pets.csv"
    path.write_text(f"path,label\n{rows}photos/gone.png,cat\n")
    return path


def archive(photos: Path) -> Path:
    return Path(shutil.make_archive(str(photos.parent / "pets"), "zip", photos.parent, "photos"))


def arrays(photos: Path) -> Path:
    files = sorted(photos.rglob("*.png"))
    images = []
    for file in files:
        with Image.open(file) as image:
            images.append(np.asarray(image))
    path = photos.parent / "pets.npz"
    np.savez(path, images=np.stack(images), labels=np.array([file.parent.name for file in files]))
    return path


@pytest.mark.parametrize("make", [manifest, archive])
def test_the_same_images_are_the_same_dataset(
    zoo: Callable[..., Result], photos: Path, make: Callable[[Path], Path]
) -> None:
    folder = json.loads(zoo("data", "show", photos, "--json").out)
    other = json.loads(zoo("data", "show", make(photos), "--json").out)
    assert (other["name"], other["fingerprint"]) == ("pets", folder["fingerprint"])
    assert other["counts"] == folder["counts"]


@pytest.mark.parametrize("make", [manifest, archive, arrays])
def test_a_source_is_shown(
    zoo: Callable[..., Result], photos: Path, make: Callable[[Path], Path], plain: Callable[[str], str]
) -> None:
    path = make(photos)
    lines = plain(zoo("data", "show", path).out).splitlines()
    assert lines[:7] == [
        "dataset  pets",
        f"source  {path}",
        "version  not recorded yet",
        "fingerprint  sha256:DIGEST",
        "images  60 in 2 classes",
        "read as  12×12 RGB",
        "splits  by each image's own hash",
    ]


@pytest.mark.parametrize("make", [manifest, archive, arrays])
def test_a_source_is_recorded_and_found_by_its_name(
    zoo: Callable[..., Result], photos: Path, make: Callable[[Path], Path]
) -> None:
    path = make(photos)
    added = json.loads(zoo("data", "add", "mine", path, "--json").out)
    shown = json.loads(zoo("data", "show", "mine", "--json").out)
    assert (added["source"], shown["fingerprint"]) == (str(path), added["fingerprint"])


def test_a_skipped_file_is_named(zoo: Callable[..., Result], photos: Path) -> None:
    shown = json.loads(zoo("data", "show", manifest(photos), "--json").out)
    assert shown["skipped"] == [{"path": str(photos / "gone.png"), "reason": "no such file"}]


def test_the_rule_for_float_pixels_is_shown(zoo: Callable[..., Result], tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", x=np.random.default_rng(0).random((60, 4, 4)), y=np.arange(60) % 2)
    assert zoo("data", "show", "./f.npz").err == "· pixels are float64: 0 is taken as black and 1 as white\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            b"a,b\n1,2\n",
            "must begin with the columns path,label or path,label,split; it begins with 'a', 'b'",
        ),
        ("a.npz", b"text", "'{path}' is damaged or not a file of NumPy arrays; create or download it again"),
        (
            "a.npy",
            b"text",
            "'{path}' has no labels beside it: save them as a_labels.npy or labels.npy in its folder",
        ),
        ("a.zip", b"text", "the archive '{path}' is damaged or not an archive; create or download it again"),
        (
            "a.tar.gz",
            b"text",
            "the archive '{path}' is damaged or not an archive; create or download it again",
        ),
        (
            "a.txt",
            b"text",
            (
                "'{path}' is a file, not a folder; give a folder with a subfolder per class, "
                "or a file that ends in .csv, .npz, .npy, .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz"
            ),
        ),
    ],
)
def test_a_path_that_is_no_dataset_is_refused(
    refused: Callable[..., str], tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused("data", "show", tmp_path / name).endswith(message.format(path=tmp_path / name))


def test_nothing_is_recorded_of_a_refused_dataset(
    refused: Callable[..., str], zoo: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(b"text")
    refused("data", "add", "mine", "a.zip")
    assert refused("data", "show", "mine").startswith("unknown dataset 'mine'")


@pytest.mark.parametrize("name", [b"\xff.png", b"new\nline.png", b"\x1b[31m.png"])
def test_files_whose_names_are_no_text_do_no_harm(
    zoo: Callable[..., Result], photos: Path, name: bytes
) -> None:
    """Neither in the output, nor in the registry."""
    for folder in (b"/cat/", b"/"):
        shutil.copy(photos / "dog" / "00.png", os.fsdecode(os.fsencode(photos) + folder + name))
    assert [zoo("data", *arguments).code for arguments in (["show", photos], ["add", "odd", photos])] == [
        0,
        0,
    ]


def test_a_class_whose_name_is_no_text_is_refused(refused: Callable[..., str], photos: Path) -> None:
    (photos / "cat").rename(os.fsdecode(os.fsencode(photos) + b"/\xff"))
    assert refused("data", "show", photos) == (
        f"the name of the class folder '\ufffd' in '{photos}' is not UTF-8; rename it"
    )


def test_datasets_of_keras_are_listed_without_keras(zoo: Callable[..., Result]) -> None:
    names = {dataset["dataset"] for dataset in json.loads(zoo("datasets", "--json").out)}
    assert {"mnist", "fashion-mnist", "cifar10", "cifar100"} <= names
