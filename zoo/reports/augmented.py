"""Plots images of a dataset before and after an augmentation; the one plot that needs Keras."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.augmentation import Augment, augmenter
from zoo.data.augmentation_names import MIXING, parts_of
from zoo.data.opened import natural_channels, natural_size
from zoo.errors import DatasetError
from zoo.reports.choice import WORDS, candidates, squares
from zoo.reports.lettering import Lettering, fitted, lettering, widest
from zoo.reports.style import (
    HEADING,
    MARGIN,
    QUIET,
    TEXT,
    blank_page,
    house_style,
    put_heading,
    put_image,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoo.data.opened import OpenedDataset

ROWS, COPIES = 6, 7
CELL, GAP = 0.95, 0.06  # inches
APART = 0.2  # inches between the originals and their augmented copies
NAME_WIDTH = 1.4
CAPTION = 0.27  # inches for the soft label below an image
CAPTION_SIZE = 6.0  # points
SHOWN_SHARES = 2  # classes of a soft label that have a line


@dataclass(frozen=True, eq=False)
class Row:
    """An image and its augmented copies: uint8 pixels (size, size, 3), and the targets (classes,) of the copies."""

    label: int
    original: np.ndarray
    copies: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]


@house_style()
def draw_augmented(opened: OpenedDataset, augmentation: str, split: str = "train", seed: int = 0) -> Figure:
    """Draw six images, one of each class in turn, as training reads them, and seven augmented copies of each.

    An augmentation that mixes images mixes those of the first column; each copy then shows its soft label.

    Raises:
        UnknownNameError: the augmentation is unknown.
        DatasetError: the augmentation changes nothing, the split is empty, or none of its images can be read.
    """
    augment = augmenter(augmentation, seed)
    if augment is None:
        raise DatasetError(
            f"the augmentation '{augmentation}' changes nothing: name another one to see its effect"
        )
    rows = _augment(opened, _choose(opened, split, seed), augment)
    letters = lettering(opened.images.class_names)
    mixes = any(part in MIXING for part in parts_of(augmentation))
    step = CELL + (CAPTION if mixes else 0) + GAP
    shown = [fitted(letters.names[row.label], NAME_WIDTH, TEXT, letters.fonts) for row in rows]
    left = MARGIN + 0.12 + widest(shown, TEXT, letters.fonts)
    top = HEADING + 0.25
    width = left + CELL + APART + COPIES * (CELL + GAP) - GAP + MARGIN
    figure, page = blank_page(width, top + len(rows) * step + MARGIN / 2)
    page.text(left, top - 0.07, "original", color=QUIET, va="bottom")
    page.text(left + CELL + APART, top - 0.07, "augmented", color=QUIET, va="bottom")
    for number, row in enumerate(rows):
        _draw_row(page, row, letters, (left, top + number * step), mixes=mixes)
    size = rows[0].original.shape[0]
    subtitle = f"{WORDS[split]} images, read as {size}×{size} pixels; seed {seed}"
    put_heading(figure, opened.name, f"augmentation {augmentation}", subtitle)
    return figure


def _choose(opened: OpenedDataset, split: str, seed: int) -> list[tuple[int, np.ndarray]]:
    """Decoded images with their numbers: the first of each class, then the second, …"""
    by_class = candidates(opened, split, seed)
    size, channels = natural_size(opened), natural_channels(opened)
    decoded = [squares(opened, numbers, size, channels) for numbers in by_class.values()]
    images = list(islice(_round_robin(decoded), ROWS))
    if not images:
        raise DatasetError(f"no {split} image of dataset '{opened.name}' can be read; see `zoo data check`")
    return images


def _round_robin(sources: list[Iterator[tuple[int, np.ndarray]]]) -> Iterator[tuple[int, np.ndarray]]:
    """The first item of each source, then the second of each, until all are exhausted."""
    while sources:
        remaining = []
        for source in sources:
            for item in islice(source, 1):
                remaining.append(source)
                yield item
        sources = remaining


def _augment(opened: OpenedDataset, images: list[tuple[int, np.ndarray]], augment: Augment) -> list[Row]:
    pixels = np.stack([image for _, image in images])
    labels = [opened.images.labels[number] for number, _ in images]
    targets = np.eye(len(opened.images.class_names), dtype=np.float32)[labels]
    copies = [[np.asarray(part) for part in augment(pixels, targets, number)] for number in range(COPIES)]
    return [
        Row(
            label,
            _as_rgb(pixels[row]),
            tuple(_as_rgb(augmented[row]) for augmented, _ in copies),
            tuple(mixed[row] for _, mixed in copies),
        )
        for row, label in enumerate(labels)
    ]


def _as_rgb(pixels: np.ndarray) -> np.ndarray:
    whole = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return np.broadcast_to(whole, (*whole.shape[:2], 3))


def _draw_row(page: Axes, row: Row, letters: Lettering, place: tuple[float, float], *, mixes: bool) -> None:
    x, y = place
    name = fitted(letters.names[row.label], NAME_WIDTH, TEXT, letters.fonts)
    page.text(x - 0.12, y + CELL / 2, name, ha="right", va="center", family=letters.fonts)
    put_image(page, row.original, (x, y), (CELL, CELL))
    for index, (pixels, target) in enumerate(zip(row.copies, row.targets, strict=True)):
        left = x + CELL + APART + index * (CELL + GAP)
        put_image(page, pixels, (left, y), (CELL, CELL))
        if mixes:
            caption = _caption(target, letters)
            page.text(left, y + CELL + 0.03, caption, size=CAPTION_SIZE, va="top", family=letters.fonts)


def _caption(target: np.ndarray, letters: Lettering) -> str:
    """The largest shares of a soft label, one per line."""
    largest = [label for label in np.argsort(-target, kind="stable")[:SHOWN_SHARES] if target[label] >= 0.005]
    return "\n".join(
        fitted(f"{target[label]:.0%} {letters.names[label]}", CELL, CAPTION_SIZE, letters.fonts)
        for label in largest
    )
