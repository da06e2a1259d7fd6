"""`zoo data check`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.processes import LeanProcess

GOOD = "photos: nothing wrong in 240 images of 2 classes: all readable, no copies, no blanks, no poor split\n"
FAULTY = """\
error    1 image cannot be read
         replace or remove them; training leaves them out
           train/cat/empty.png: zero bytes

error    7 test images are also in train (leakage)
         delete them from one of the two: the test metrics of a model trained on them are too good
           test/dog/copy0.png = train/dog/000.png
           test/dog/copy1.png = train/dog/001.png
           test/dog/copy2.png = train/dog/002.png
           test/dog/copy3.png = train/dog/003.png
           test/dog/copy4.png = train/dog/004.png
           and 2 more (--all)

photos: 2 errors in 248 images of 2 classes
"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with nothing wrong: 60 images of each class in train, 30 in val, 30 in test."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 60), ("val", 30), ("test", 30)):
        for name in ("cat", "dog"):
            folder = tmp_path / "photos" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
                Image.fromarray(coarse).resize((24, 24)).save(folder / f"{number:03}.png")
    return tmp_path / "photos"


@pytest.fixture
def faulty(photos: Path) -> Path:
    """The folder with an empty file, and seven images of train again in test."""
    for number in range(7):
        shutil.copy(
            photos / "train" / "dog" / f"{number:03}.png", photos / "test" / "dog" / f"copy{number}.png"
        )
    (photos / "train" / "cat" / "empty.png").write_bytes(b"")
    return photos


def test_a_clean_dataset_says_so_in_one_line(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "check", "photos")
    assert (result.code, result.out, result.err) == (0, GOOD, "")


def test_findings_name_the_first_few_files(zoo: Callable, faulty: Path) -> None:
    result = zoo("data", "check", faulty)
    assert (result.code, result.out, result.err) == (0, FAULTY, "")


def test_all_names_every_file(zoo: Callable, faulty: Path) -> None:
    expected = FAULTY.replace(
        "           and 2 more (--all)\n",
        "".join(f"           test/dog/copy{n}.png = train/dog/00{n}.png\n" for n in (5, 6)),
    )
    assert zoo("data", "check", "photos", "--all").out == expected


def test_strict_exits_with_1_for_an_error(zoo: Callable, faulty: Path) -> None:
    result = zoo("data", "check", "photos", "--strict")
    assert (result.code, result.out) == (1, FAULTY)


def test_strict_exits_with_0_for_a_warning(zoo: Callable, photos: Path) -> None:
    Image.new("L", (24, 24)).save(photos / "train" / "cat" / "black.png")
    result = zoo("data", "check", "photos", "--strict")
    assert (result.code, "1 warning in 241 images" in result.out) == (0, True)


def test_json_names_every_file(zoo: Callable, faulty: Path) -> None:
    report = json.loads(zoo("data", "check", "photos", "--json").out)
    assert {**report, "fingerprint": len(report["fingerprint"]), "findings": len(report["findings"])} == {
        "dataset": "photos",
        "source": str(faulty),
        "fingerprint": 64,
        "images": 248,
        "classes": 2,
        "findings": 2,
    }
    assert report["findings"][0] == {
        "check": "unreadable",
        "severity": "error",
        "count": 1,
        "message": "1 image cannot be read",
        "advice": "replace or remove them; training leaves them out",
        "files": [
            {
                "path": str(faulty / "train" / "cat" / "empty.png"),
                "class_name": "cat",
                "split": "train",
                "detail": "zero bytes",
                "group": 0,
            }
        ],
        "classes": [],
    }
    assert len(report["findings"][1]["files"]) == 14


def test_arrays_are_named_by_number_class_and_split(zoo: Callable, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "twice.py").write_text(PLUGIN)
    out = zoo("--plugins-dir", tmp_path / "plugins", "data", "check", "twice").out
    assert "           image 120 (dark, test) = image 0 (dark, train)\n" in out


def test_an_unknown_dataset_is_refused(refused: Callable) -> None:
    assert refused("data", "check", "nowhere/photos").startswith("there is no folder '")


@pytest.mark.usefixtures("photos")
def test_checking_imports_nothing_large(lean: LeanProcess) -> None:
    result = lean("data", "check", "photos")
    assert (result.out, result.imported) == (GOOD, ())


PLUGIN = """
import numpy as np
from zoo import Dataset, LabeledImages, hookimpl


def load():
    items = list(np.random.default_rng(0).integers(0, 256, (120, 9, 9), dtype=np.uint8))
    split = ["train"] * 60 + ["validation"] * 60 + ["test"]
    return LabeledImages([*items, items[0]], [n % 2 for n in range(121)], ("dark", "light"), split)


@hookimpl
def zoo_datasets():
    return [Dataset("twice", load, "noise, one image twice", "none")]
"""
