"""Which images are shown, and the small pictures of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tests.formats import FORMATS
from zoo.reports.choice import thumbnail

if TYPE_CHECKING:
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
