"""The choice of the images that are shown, and their thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo.errors import DatasetError
from zoo.reports.choice import candidates, numbers_in, squares, thumbnail, thumbnails

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_photo_taken_sideways_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :20] = 255  # so the left half is the scene's bottom … turned clockwise, it is at the top
    Image.fromarray(pixels).save(tmp_path / "sideways.png", exif=exif)
    upright = thumbnail(tmp_path / "sideways.png", FORMATS)
    assert upright.shape == (40, 20, 3)
    assert (upright[:18].mean(), upright[22:].mean()) == (255, 0)


def test_a_large_photo_is_made_small(tmp_path: Path) -> None:
    Image.new("RGB", (1200, 900), "red").save(tmp_path / "large.jpg")
    assert thumbnail(tmp_path / "large.jpg", FORMATS).shape == (135, 180, 3)


# The choice ----------------------------------------------------------------------------------------------


def test_without_a_split_all_images_are_chosen_from(opened: Callable) -> None:
    dataset = opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}})
    assert (numbers_in(dataset, None), numbers_in(dataset, "validation")) == (list(range(7)), [6])


def test_the_error_of_an_empty_split_names_the_others(opened: Callable) -> None:
    with pytest.raises(DatasetError) as caught:
        numbers_in(opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}}), "test")
    assert str(caught.value) == "dataset 'drawn' has no test images: choose --split train or validation"


def test_the_order_depends_on_the_seed_and_not_on_the_order_of_the_images(opened: Callable) -> None:
    images = [np.full((4, 4), value, np.uint8) for value in range(8)]
    digests = []
    for items, seed in ((images, 1), (images[::-1], 1), (images, 2)):
        dataset = opened({"train": {"cat": items, "dog": 3}, "validation": {"cat": 1}})
        digests.append([dataset.digests[number] for number in candidates(dataset, "train", seed)[0]])
    assert digests[0] == digests[1] != digests[2]


def test_a_copy_of_an_image_comes_once(opened: Callable) -> None:
    image = np.zeros((4, 4), np.uint8)
    dataset = opened({"train": {"cat": [image, image, image + 1], "dog": 3}, "validation": {"cat": 1}})
    assert sorted(candidates(dataset, "train", 0)[0]) == [0, 2]


def test_pictures_that_cannot_be_read_are_passed_over(opened: Callable, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    items = [tmp_path / "broken.png", np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)]
    dataset = opened({"train": {"cat": items, "dog": 3}, "validation": {"cat": 1}})
    assert [picture.shape for picture in thumbnails(dataset, [0, 1, 2], 1)] == [(4, 4, 3)]
    assert [number for number, _ in squares(dataset, [0, 1, 2], 8, 1)] == [1, 2]


def test_a_picture_keeps_one_pixel_of_a_narrow_image() -> None:
    assert thumbnail(np.zeros((1000, 1), np.uint8), FORMATS).shape == (180, 1, 3)
