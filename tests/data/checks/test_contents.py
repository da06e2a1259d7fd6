"""Checks of single images: damage, bombs, blank and odd ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.checks import Severity, check_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.checks import Finding


@pytest.fixture
def folder(tmp_path: Path, picture: Callable) -> Path:
    """Two classes of 30 JPEGs each."""
    root = tmp_path / "photos"
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for number in range(30):
            picture(number + 100 * (name == "dog")).save(root / name / f"{number:02}.jpg")
    return root


@pytest.fixture
def check(folder: Path, findings_by_check: Callable) -> Callable[[str], Finding | None]:
    """The finding of one check in the folder, if there is one."""
    return lambda name: findings_by_check(open_dataset(str(folder), {}, FORMATS)).get(name)


def details(finding: Finding, folder: Path) -> dict[str, str]:
    return {file.path.removeprefix(f"{folder}/"): file.detail for file in finding.files}


def test_damaged_images_are_named_with_the_reason(folder: Path, check: Callable) -> None:
    whole = (folder / "cat" / "00.jpg").read_bytes()
    (folder / "cat" / "cut.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "cat" / "empty.png").write_bytes(b"")
    (folder / "dog" / "text.png").write_text("no image")
    finding = check("unreadable")
    assert (finding.severity, finding.message) == (Severity.ERROR, "3 images cannot be read")
    assert details(finding, folder) == {
        "cat/cut.jpg": "truncated",
        "cat/empty.png": "zero bytes",
        "dog/text.png": "not an image",
    }


def test_damage_is_no_copy_of_other_damage(folder: Path, findings_by_check: Callable) -> None:
    for name in ("cat", "dog"):
        (folder / name / "empty.png").write_bytes(b"")
    assert "label-conflict" not in findings_by_check(open_dataset(str(folder), {}, FORMATS))


def test_a_decompression_bomb_is_named(folder: Path, check: Callable) -> None:
    Image.new("1", (20_000, 10_000)).save(folder / "cat" / "bomb.png")
    finding = check("bomb")
    assert (finding.severity, details(finding, folder)) == (Severity.ERROR, {"cat/bomb.png": "0.0 MB"})


def test_blank_images_are_named(folder: Path, check: Callable) -> None:
    Image.new("RGB", (90, 90), "white").save(folder / "cat" / "white.png")
    speck = Image.new("L", (90, 90))
    speck.paste(200, (3, 3, 8, 8))
    speck.save(folder / "dog" / "speck.png")
    assert details(check("blank"), folder) == {"cat/white.png": "", "dog/speck.png": ""}


def test_a_drawing_is_not_blank(folder: Path, check: Callable) -> None:
    drawing = Image.new("L", (90, 90), 255)
    drawing.paste(0, (20, 40, 70, 44))
    drawing.save(folder / "cat" / "line.png")
    assert check("blank") is None


@pytest.mark.parametrize(("size", "reported"), [((120, 30), True), ((30, 120), True), ((120, 31), False)])
def test_very_long_images_are_named(
    size: tuple[int, int], reported: bool, folder: Path, check: Callable, picture: Callable
) -> None:
    picture(500, size).save(folder / "cat" / "long.jpg")
    finding = check("aspect")
    assert (finding and details(finding, folder)) == (
        {"cat/long.jpg": f"{size[0]}×{size[1]}"} if reported else None
    )


def test_one_size_needs_no_word(check: Callable) -> None:
    assert check("mixed-sizes") is None


def test_sizes_of_all_kinds_are_reported(folder: Path, check: Callable, picture: Callable) -> None:
    picture(500, (480, 360)).save(folder / "cat" / "large.jpg")
    assert check("mixed-sizes").message == "2 different sizes, from 120×90 to 480×360"


def test_a_much_larger_file_is_named(folder: Path, check: Callable) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "large.bmp")
    assert details(check("large-file"), folder) == {"cat/large.bmp": "1.1 MB"}


def test_files_that_are_no_images_are_named(folder: Path, check: Callable) -> None:
    (folder / "cat" / "notes.txt").write_text("hello")
    finding = check("no-image")
    assert (finding.severity, details(finding, folder)) == (
        Severity.NOTE,
        {"cat/notes.txt": "not an image by its name"},
    )


def test_a_vanished_image_is_refused(folder: Path, findings_by_check: Callable) -> None:
    opened = open_dataset(str(folder), {}, FORMATS)
    shutil.rmtree(folder / "cat")
    with pytest.raises(Exception, match=r"cat/00.jpg' has vanished; start again"):
        check_dataset(opened, Progress())
