"""What an augmentation policy does to images of a dataset; the one plot that needs Keras."""

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

ROWS, VERSIONS = 6, 7
CELL, GAP = 0.95, 0.06  # inches
APART = 0.2  # inches between the originals and their versions
NAME_WIDTH = 1.4
CAPTION = 0.27  # inches for the soft label below an image
CAPTION_SIZE = 6.0  # points
SHOWN_SHARES = 2  # classes of a soft label that have a line


@dataclass(frozen=True, eq=False)
class Row:
    """An image before and after: uint8 pixels (size, size, 3), and the targets (classes,) of the versions."""

    label: int
    original: np.ndarray
    versions: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]


@house_style()
def draw_augmented(opened: OpenedDataset, policy: str, split: str = "train", seed: int = 0) -> Figure:
    """Six images, one of each class in turn: as training reads them, and seven versions of each.

    A policy that mixes images mixes those of the first column; each version then tells its soft label.

    Raises:
        UnknownNameError: there is no such policy.
        DatasetError: the policy changes nothing, the split is empty, or none of its images can be read.
    """
    augment = augmenter(policy, seed)
    if augment is None:
        raise DatasetError(
            f"the augmentation '{policy}' changes nothing: name another one to see what it does"
        )
    rows = _augment(opened, _chosen(opened, split, seed), augment)
    letters = lettering(opened.images.class_names)
    mixes = any(part in MIXING for part in parts_of(policy))
    step = CELL + (CAPTION if mixes else 0) + GAP
    shown = [fitted(letters.names[row.label], NAME_WIDTH, TEXT, letters.fonts) for row in rows]
    left = MARGIN + 0.12 + widest(shown, TEXT, letters.fonts)
    top = HEADING + 0.25
    width = left + CELL + APART + VERSIONS * (CELL + GAP) - GAP + MARGIN
    figure, page = blank_page(width, top + len(rows) * step + MARGIN / 2)
    page.text(left, top - 0.07, "original", color=QUIET, va="bottom")
    page.text(left + CELL + APART, top - 0.07, "augmented", color=QUIET, va="bottom")
    for number, row in enumerate(rows):
        _draw_row(page, row, letters, (left, top + number * step), mixes=mixes)
    size = rows[0].original.shape[0]
    subtitle = f"{WORDS[split]} images, read as {size}×{size} pixels; seed {seed}"
    put_heading(figure, opened.name, f"augmentation {policy}", subtitle)
    return figure


def _chosen(opened: OpenedDataset, split: str, seed: int) -> list[tuple[int, np.ndarray]]:
    """Images with their numbers, decoded: the first of each class, then the second …"""
    found = candidates(opened, split, seed)
    size, channels = natural_size(opened), natural_channels(opened)
    decoded = [squares(opened, numbers, size, channels) for numbers in found.values()]
    chosen = list(islice(_in_turn(decoded), ROWS))
    if not chosen:
        raise DatasetError(
            f"not one {split} image of dataset '{opened.name}' can be read; see `zoo data check`"
        )
    return chosen


def _in_turn(sources: list[Iterator[tuple[int, np.ndarray]]]) -> Iterator[tuple[int, np.ndarray]]:
    """The first of each, then the second of each, until all are empty."""
    while sources:
        left = []
        for source in sources:
            for one in islice(source, 1):
                left.append(source)
                yield one
        sources = left


def _augment(opened: OpenedDataset, chosen: list[tuple[int, np.ndarray]], augment: Augment) -> list[Row]:
    pixels = np.stack([image for _, image in chosen])
    labels = [opened.images.labels[number] for number, _ in chosen]
    targets = np.eye(len(opened.images.class_names), dtype=np.float32)[labels]
    versions = [[np.asarray(part) for part in augment(pixels, targets, number)] for number in range(VERSIONS)]
    return [
        Row(
            label,
            _as_rgb(pixels[row]),
            tuple(_as_rgb(changed[row]) for changed, _ in versions),
            tuple(mixed[row] for _, mixed in versions),
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
    for index, (pixels, target) in enumerate(zip(row.versions, row.targets, strict=True)):
        left = x + CELL + APART + index * (CELL + GAP)
        put_image(page, pixels, (left, y), (CELL, CELL))
        if mixes:
            caption = _caption(target, letters)
            page.text(left, y + CELL + 0.03, caption, size=CAPTION_SIZE, va="top", family=letters.fonts)


def _caption(target: np.ndarray, letters: Lettering) -> str:
    """The largest shares of a soft label, a line each."""
    largest = [label for label in np.argsort(-target, kind="stable")[:SHOWN_SHARES] if target[label] >= 0.005]
    return "\n".join(
        fitted(f"{target[label]:.0%} {letters.names[label]}", CELL, CAPTION_SIZE, letters.fonts)
        for label in largest
    )
