"""Plots the widths and heights of a dataset's images."""

from __future__ import annotations

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, LogNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from zoo.data.decode import UnreadableImage
from zoo.data.fingerprint import THREADS
from zoo.data.opened import natural_size
from zoo.errors import DatasetError
from zoo.reports.choice import numbers_in, upright_size
from zoo.reports.style import (
    ALERT,
    DPI,
    HEADING,
    INK,
    MARGIN,
    QUIET,
    SPLIT_COLOURS,
    blank_page,
    house_style,
    put_heading,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from zoo.data.formats import Formats
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

MIXTURE = 20  # the axes are logarithmic if a side is so many times as long as another
OFTEN = 10  # images of one size; with fewer, there is no colour scale
REPORT_EVERY = 200
SIDE = 5.0  # inches
# Viridis without its yellow, which is hard to see on white.
DARKENING = ListedColormap(colormaps["viridis"](np.linspace(0.8, 0, 256)))
Size = tuple[int, int]


@dataclass(frozen=True)
class ImageSizes:
    """Upright (width, height) in pixels -> number of images; and the number of images that cannot be read."""

    counts: Mapping[Size, int]
    unreadable: int


def read_sizes(opened: OpenedDataset, split: str | None, progress: Progress) -> ImageSizes:
    """The sizes of all images of a split, or of the dataset.

    Raises:
        DatasetError: the split is empty, or none of its images can be read.
    """
    items = [opened.images.items[number] for number in numbers_in(opened, split)]
    counts: Counter[Size | None] = Counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for done, size in enumerate(pool.map(lambda item: _size(item, opened.formats), items), start=1):
            counts[size] += 1
            if done % REPORT_EVERY == 0 or done == len(items):
                progress.advanced("reading sizes", done, len(items))
    unreadable = counts.pop(None, 0)
    sizes = {size: count for size, count in counts.items() if size is not None}
    if not sizes:
        raise DatasetError(f"no image of dataset '{opened.name}' can be read: check {opened.source}")
    return ImageSizes(sizes, unreadable)


@house_style()
def draw_sizes(opened: OpenedDataset, sizes: ImageSizes) -> Figure:
    """Draw height over width, with a dot for each size; if all images have one size, draw that size to scale."""
    return _draw_one_size(opened, sizes) if len(sizes.counts) == 1 else _draw_scatter(opened, sizes)


def _draw_scatter(opened: OpenedDataset, sizes: ImageSizes) -> Figure:
    scale_width = 1.0 if max(sizes.counts.values()) >= OFTEN else 0.0
    width, height = 2 * MARGIN + 0.6 + SIDE + scale_width, HEADING + 0.15 + SIDE + 1.05
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_axes((0.85 / width, 1.05 / height, SIDE / width, SIDE / height))
    low, high = min(map(min, sizes.counts)), max(map(max, sizes.counts))
    read_as = natural_size(opened)
    _scale(axes, min(low, read_as), max(high, read_as))
    axes.axline(
        (1, 1), (2, 2), color=QUIET, linestyle=(0, (4, 3)), linewidth=1, label="square images", zorder=1
    )
    axes.plot(
        [read_as],
        [read_as],
        "+",
        color=ALERT,
        markersize=14,
        markeredgewidth=2,
        zorder=4,
        linestyle="none",
        label=f"read as {read_as:,}×{read_as:,}",
    )
    _draw_dots(figure, axes, sizes.counts, (width, height))
    axes.set(xlabel="width (pixels)", ylabel="height (pixels)")
    axes.grid()
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, frameon=False, borderaxespad=0, handlelength=2.4
    )
    put_heading(figure, opened.name, "image sizes", _subtitle(sizes))
    return figure


def _draw_dots(figure: Figure, axes: Axes, counts: Mapping[Size, int], page: tuple[float, float]) -> None:
    """Draw sizes that many images share larger, in another colour, and below the rare ones."""
    ordered = sorted(counts, key=lambda size: -counts[size])
    most = counts[ordered[0]]
    xs, ys = zip(*ordered, strict=True)
    if most < OFTEN:
        axes.scatter(xs, ys, s=14, color=SPLIT_COLOURS["train"], alpha=0.6, linewidths=0, zorder=3)
        return
    numbers = [counts[size] for size in ordered]
    areas = [16 + 30 * math.log10(number) for number in numbers]
    dots = axes.scatter(
        xs,
        ys,
        s=areas,
        c=numbers,
        cmap=DARKENING,
        norm=LogNorm(1, most),
        edgecolors=INK,
        linewidths=0.3,
        zorder=3,
    )
    bar_axes = figure.add_axes(
        ((0.85 + SIDE + 0.2) / page[0], 1.05 / page[1], 0.16 / page[0], SIDE / page[1])
    )
    bar = figure.colorbar(dots, cax=bar_axes, label="images of that size")
    bar.outline.set_visible(False)
    _plain_log_ticks(bar.ax.yaxis)


def _scale(axes: Axes, low: int, high: int) -> None:
    """Set the same scale for both axes, so that square images lie on the diagonal."""
    if high >= MIXTURE * low:
        axes.set(xscale="log", yscale="log", xlim=(low / 1.3, high * 1.3), ylim=(low / 1.3, high * 1.3))
        for axis in (axes.xaxis, axes.yaxis):
            _plain_log_ticks(axis)
        return
    axes.set(xlim=(0, high * 1.06), ylim=(0, high * 1.06))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(_whole))


def _plain_log_ticks(axis: Axis) -> None:
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_whole))


def _whole(value: float, _position: int) -> str:
    return f"{value:,.0f}"


def _subtitle(sizes: ImageSizes) -> str:
    count = sum(sizes.counts.values())
    smallest, largest = (pick(sizes.counts, key=lambda size: size[0] * size[1]) for pick in (min, max))
    subtitle = f"{count:,} images in {len(sizes.counts):,} sizes, {_by(smallest)} to {_by(largest)} pixels"
    return subtitle + _unreadable(sizes)


def _draw_one_size(opened: OpenedDataset, sizes: ImageSizes) -> Figure:
    """Draw the size as a rectangle with its measures, and beside it the square that networks get."""
    ((width, height),) = sizes.counts
    read_as = natural_size(opened)
    inches = 2.2 / max(width, height, read_as)
    left, bottom = MARGIN + 0.4, HEADING + 0.15 + max(height, read_as) * inches
    figure, page = blank_page(6.0, bottom + 0.6)
    _draw_box(
        page, (left, bottom), (width * inches, height * inches), f"width {width:,} pixels", dashed=False
    )
    page.text(
        left - 0.08,
        bottom - height * inches / 2,
        f"height {height:,} pixels",
        ha="right",
        va="center",
        rotation=90,
    )
    subtitle = f"all {sum(sizes.counts.values()):,} images are {_by((width, height))} pixels"
    if (width, height) == (read_as, read_as):
        subtitle += " and are read at that size"
    else:
        corner, side = (left + width * inches + 0.9, bottom), read_as * inches
        _draw_box(page, corner, (side, side), f"read as {_by((read_as, read_as))} pixels", dashed=True)
    put_heading(figure, opened.name, "image sizes", subtitle + _unreadable(sizes))
    return figure


def _draw_box(
    page: Axes, corner: tuple[float, float], box: tuple[float, float], text: str, *, dashed: bool
) -> None:
    """Draw a rectangle at its lower left corner, in inches, with a text below."""
    colour = ALERT if dashed else SPLIT_COLOURS["train"]
    page.add_patch(
        Rectangle(
            corner,
            box[0],
            -box[1],
            facecolor=to_rgba(colour, 0.15),
            edgecolor=colour,
            linewidth=1.3,
            linestyle="--" if dashed else "-",
        )
    )
    page.text(corner[0], corner[1] + 0.08, text, va="top", color=ALERT if dashed else INK)


def _by(size: Size) -> str:
    return f"{size[0]:,}×{size[1]:,}"


def _unreadable(sizes: ImageSizes) -> str:
    return f"; {sizes.unreadable:,} more cannot be read" if sizes.unreadable else ""


def _size(item: Path | np.ndarray, formats: Formats) -> Size | None:
    try:
        return upright_size(item, formats)
    except UnreadableImage:
        return None
