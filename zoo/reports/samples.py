"""Plots sample images of each class of a dataset."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import DatasetError
from zoo.reports.choice import WORDS, candidates, shuffle_key, thumbnails
from zoo.reports.lettering import Lettering, fitted, lettering, widest
from zoo.reports.style import (
    HEADING,
    MARGIN,
    QUIET,
    SMALL,
    TEXT,
    blank_page,
    house_style,
    put_heading,
    put_image,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoo.data.opened import OpenedDataset

NARROWEST = 6.0  # inches, so that the title fits
NAME_WIDTH = 1.6  # maximal width of a class name to the left of its images, in inches
NAME_HEIGHT = 0.2  # inches for a class name above its images
GAP, NAME_GAP, STRIP_GAP = 0.06, 0.12, 0.22  # inches between images, name and image, strips


@dataclass(frozen=True)
class Layout:
    """The layout for up to so many classes: strips side by side, images in each, their width in inches."""

    most_classes: int
    across: int
    images: int
    width: float


@dataclass(frozen=True, eq=False)
class Strip:
    """Thumbnails of one class: its name as drawn, uint8 pixels (height, width, 3), and its total number of images."""

    name: str
    pixels: tuple[np.ndarray, ...]
    count: int


LAYOUTS = (Layout(12, 1, 8, 0.95), Layout(60, 3, 4, 0.72), Layout(200, 10, 1, 0.95))


@house_style()
def draw_samples(opened: OpenedDataset, split: str = "train", seed: int = 0) -> Figure:
    """Draw undistorted images of each class, in one row per class, or in smaller strips if there are many classes.

    If there are more than 200 classes, 200 random ones are drawn. The choice of images depends only on their content
    and the seed.

    Raises:
        DatasetError: the split is empty, or none of its images can be read.
    """
    by_class = candidates(opened, split, seed)
    layout = next((layout for layout in LAYOUTS if len(by_class) <= layout.most_classes), LAYOUTS[-1])
    names = opened.images.class_names
    letters = lettering(names)
    counts = opened.counts[split]
    shuffled = sorted(by_class, key=lambda label: shuffle_key(names[label], seed))
    strips = [
        Strip(letters.names[label], pixels, counts[names[label]])
        for label in sorted(shuffled[: layout.most_classes])
        if (pixels := thumbnails(opened, by_class[label], layout.images))
    ]
    if not strips:
        raise DatasetError(f"no {split} image of dataset '{opened.name}' can be read; see `zoo data check`")
    figure = (
        _draw_rows(strips, layout, letters) if layout.across == 1 else _draw_tiles(strips, layout, letters)
    )
    subtitle = _subtitle(strips, len(names), split, sum(counts.values()))
    put_heading(figure, opened.name, f"{WORDS[split]} images", subtitle)
    return figure


def _draw_rows(strips: Sequence[Strip], layout: Layout, letters: Lettering) -> Figure:
    """Draw one row per class, with its name and number of images on the left."""
    box = layout.width, _height(strips, layout.width)
    names = [fitted(strip.name, NAME_WIDTH, TEXT, letters.fonts) for strip in strips]
    left = MARGIN + NAME_GAP + max(widest(names, TEXT, letters.fonts), 0.6)
    right = left + _strip_width(strips, layout.width)
    figure, page = blank_page(
        max(NARROWEST, right + MARGIN), HEADING + len(strips) * (box[1] + GAP) - GAP + MARGIN
    )
    for row, (strip, name) in enumerate(zip(strips, names, strict=True)):
        y = HEADING + row * (box[1] + GAP)
        end, middle = left - NAME_GAP, y + box[1] / 2
        page.text(end, middle - 0.02, name, size=TEXT, ha="right", va="bottom", family=letters.fonts)
        count = "1 image" if strip.count == 1 else f"{strip.count:,} images"
        page.text(end, middle + 0.03, count, size=SMALL, ha="right", va="top", color=QUIET)
        _put_strip(page, strip, (left, y), box)
    return figure


def _draw_tiles(strips: Sequence[Strip], layout: Layout, letters: Lettering) -> Figure:
    """Draw several short strips side by side, each below the name of its class."""
    box = layout.width, _height(strips, layout.width)
    strip_width = _strip_width(strips, layout.width)
    step = strip_width + STRIP_GAP, NAME_HEIGHT + box[1] + NAME_GAP
    rows = math.ceil(len(strips) / layout.across)
    figure, page = blank_page(
        max(NARROWEST, 2 * MARGIN + layout.across * step[0] - STRIP_GAP),
        HEADING + rows * step[1] - NAME_GAP + MARGIN,
    )
    for index, strip in enumerate(strips):
        row, column = divmod(index, layout.across)
        x, y = MARGIN + column * step[0], HEADING + row * step[1] + NAME_HEIGHT
        name = fitted(strip.name, strip_width, SMALL, letters.fonts)
        page.text(x, y - 0.03, name, size=SMALL, va="bottom", family=letters.fonts)
        _put_strip(page, strip, (x, y), box)
    return figure


def _put_strip(page: Axes, strip: Strip, corner: tuple[float, float], box: tuple[float, float]) -> None:
    for column, pixels in enumerate(strip.pixels):
        put_image(page, pixels, (corner[0] + column * (box[0] + GAP), corner[1]), box)


def _strip_width(strips: Sequence[Strip], image_width: float) -> float:
    return max(len(strip.pixels) for strip in strips) * (image_width + GAP) - GAP


def _height(strips: Sequence[Strip], width: float) -> float:
    """The height of images of this width, in inches: that of the median aspect ratio, within limits."""
    shapes = [pixels.shape[0] / pixels.shape[1] for strip in strips for pixels in strip.pixels]
    return width * float(np.clip(np.median(shapes), 0.6, 1.4))


def _subtitle(strips: Sequence[Strip], classes: int, split: str, images: int) -> str:
    shown = sum(len(strip.pixels) for strip in strips)
    every = "of both classes" if classes == 2 else f"of all {classes:,} classes"
    which = every if len(strips) == classes else f"of {len(strips):,} of {classes:,} classes"
    return f"{shown:,} of {images:,} {WORDS[split]} images, {which}"
