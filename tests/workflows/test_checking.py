"""The notice and the record of the data check of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.data.cache import decode_dataset
from zoo.data.checks import check_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Dataset, LabeledImages, Progress
from zoo.workflows.checking import check_summary, describe_check

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.opened import OpenedDataset


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def picture(number: int, width: int = 64) -> np.ndarray:
    coarse = np.random.default_rng(number).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, 48), Image.Resampling.BICUBIC))


@pytest.fixture
def leaky() -> OpenedDataset:
    """Two test images that are also in train, one with four near copies, and an image in both classes."""
    numbers = [*range(20), 0, 1, 100, 5]
    items = [picture(number) for number in numbers] + [picture(number, 40) for number in (2, 3, 4, 6)]
    labels = [number % 2 for number in numbers[:-1]] + [0, 0, 1, 0, 0]
    split = ["train"] * 16 + ["validation"] * 4 + ["test"] * 3 + ["train"] + ["test"] * 4
    images = LabeledImages(items, labels, ("cat", "dog"), split)
    return open_dataset("leaky", {"leaky": Dataset("leaky", lambda: images, "leaky", "none")}, FORMATS)


def summary_of(opened: OpenedDataset, progress: Progress | None = None) -> dict[str, int]:
    progress = progress or Progress()
    return dict(check_summary(opened, decode_dataset(opened, 24, 3, progress=progress), progress))


TOLD = (
    "data check: 2 test images also in train (leakage), 4 test images with near copies in train (leakage), "
    "1 image in several classes (label conflict), 4 validation images only, too few to choose a model by; "
    "see `zoo data check leaky`"
)
FOUND = {"test-in-train": 2, "near-test-in-train": 4, "label-conflict": 1, "coarse-validation": 4}


def test_decoded_pixels_have_the_findings_of_the_check(leaky: OpenedDataset) -> None:
    assert summary_of(leaky) == FOUND


def test_the_check_itself_finds_the_same(leaky: OpenedDataset) -> None:
    check_dataset(leaky, Progress())
    assert summary_of(leaky) == FOUND


class Counting(Progress):
    """Counts how often images were gone through."""

    def __init__(self) -> None:
        self.works: set[str] = set()

    def advanced(self, work: str, done: int, total: int) -> None:
        self.works.add(work)


def test_the_next_training_looks_at_no_image(leaky: OpenedDataset) -> None:
    summary_of(leaky)
    again = Counting()
    assert (summary_of(leaky, again), again.works) == (FOUND, set())


def test_unreadable_images_count_and_move_no_other(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for split in ("train", "validation", "test"):
            (tmp_path / "photos" / split / name).mkdir(parents=True)
            for number in range(4):
                seed = seed_of(name, split, number)
                Image.fromarray(picture(seed)).save(tmp_path / "photos" / split / name / f"{number}.png")
    train, test = tmp_path / "photos" / "train" / "cat", tmp_path / "photos" / "test" / "cat"
    (test / "copy.png").write_bytes((train / "0.png").read_bytes())
    (train / "empty.png").write_bytes(b"")
    (test / "cut.png").write_bytes((train / "1.png").read_bytes()[:500])
    opened = open_dataset(str(tmp_path / "photos"), {}, FORMATS)
    assert summary_of(opened) == {"test-in-train": 1, "coarse-validation": 8, "unreadable": 2}


def seed_of(name: str, split: str, number: int) -> int:
    return 1000 * len(split) + 100 * (name == "dog") + number


@pytest.mark.parametrize(
    ("summary", "notice"),
    [
        ({}, ""),
        ({"unreadable": 3}, ""),
        (
            FOUND,
            TOLD,
        ),
    ],
)
def test_one_line_names_the_errors_of_the_data(summary: dict, notice: str) -> None:
    assert describe_check("leaky", summary) == notice
