"""Plots the number of images of each class in each split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from zoo.interfaces import SPLITS
from zoo.reports.choice import numbers_in
from zoo.reports.lettering import Lettering, fitted, lettering, widest
from zoo.reports.style import (
    ALERT,
    DPI,
    HEADING,
    MARGIN,
    QUIET,
    SMALL,
    SPLIT_COLOURS,
    house_style,
    put_heading,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from zoo.data.opened import OpenedDataset

EXTREME = 50  # the axis is logarithmic if a class is so many times as large as another one of its split
LARGEST_SHOWN, SMALLEST_SHOWN = 160, 60
BAR = 0.76  # of a row
FEWEST_ON_LOG = 0.7  # the start of a logarithmic axis: one image is visible as a short bar
PANEL_WIDTHS = {1: 6.0, 2: 3.6, 3: 2.6}
LABEL_WIDTH = 2.4  # maximal width of a class name, in inches
PANEL_GAP = 0.22


@house_style()
def draw_class_counts(opened: OpenedDataset, split: str | None = None) -> Figure:
    """Draw a bar for each class, in a panel for each split with images, all on one scale, sorted by size in train.

    The scale is logarithmic if one class is 50 times as large as another one of its split. If there are more than 220
    classes, the 160 largest and the 60 smallest are shown.

    Args:
        split: draw only this one.

    Raises:
        DatasetError: the split is empty.
    """
    numbers_in(opened, split)
    counts = {
        name: list(classes.values())
        for name, classes in opened.counts.items()
        if (split is None or name == split) and any(classes.values())
    }
    totals = [sum(images) for images in zip(*counts.values(), strict=True)]
    first = next(iter(counts))
    order = sorted(range(len(totals)), key=lambda label: (-counts[first][label], -totals[label]))
    left_out = max(0, len(order) - LARGEST_SHOWN - SMALLEST_SHOWN)
    shown: list[int | None] = list(order)
    if left_out:
        shown[LARGEST_SHOWN : LARGEST_SHOWN + left_out] = [None]
    letters = lettering(opened.images.class_names)
    figure, panels = _page(len(counts), len(shown), _names(shown, letters, left_out), letters)
    for axes, (name, images) in zip(panels, counts.items(), strict=True):
        _draw_bars(axes, [None if label is None else images[label] for label in shown], SPLIT_COLOURS[name])
        axes.set_title(f"{name} ({sum(images):,})", loc="left")
    _scale(panels, counts)
    put_heading(figure, opened.name, "images per class", _subtitle(totals, counts, left_out))
    return figure


def _page(panels: int, rows: int, names: Sequence[str], letters: Lettering) -> tuple[Figure, list[Axes]]:
    """A figure with this many panels side by side and the names of the rows at the first one."""
    crowded = rows > 30
    row_height, points = (0.16, SMALL) if crowded else (0.27, 8.0)
    label = 0.1 + widest(names, points, letters.fonts)
    panel = max(PANEL_WIDTHS[panels], (5.4 - label) / panels)
    top, bottom = HEADING + (0.55 if crowded else 0.3), 0.62
    width = 2 * MARGIN + label + panels * (panel + PANEL_GAP)
    height = top + rows * row_height + bottom
    figure = Figure(figsize=(width, height), dpi=DPI)
    all_axes = []
    for index in range(panels):
        left = MARGIN + label + index * (panel + PANEL_GAP)
        axes = figure.add_axes((left / width, bottom / height, panel / width, rows * row_height / height))
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_yticks([])
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labeltop=crowded, top=crowded)
        axes.grid(axis="x")
        axes.set_xlabel("images")
        all_axes.append(axes)
    all_axes[0].set_yticks(range(rows), names, size=points, family=letters.fonts)
    return figure, all_axes


def _names(shown: Sequence[int | None], letters: Lettering, left_out: int) -> list[str]:
    return [
        f"… {left_out:,} more …"
        if label is None
        else fitted(letters.names[label], LABEL_WIDTH, 8.0, letters.fonts)
        for label in shown
    ]


def _draw_bars(axes: Axes, counts: Sequence[int | None], colour: str) -> None:
    rows = [row for row, count in enumerate(counts) if count is not None]
    values = [count for count in counts if count is not None]
    axes.barh(rows, values, height=BAR, color=colour)
    for row, count in zip(rows, values, strict=True):
        axes.annotate(
            f"{count:,}",
            (count, row),
            xycoords="data" if count else axes.get_yaxis_transform(),  # a logarithmic axis has no zero
            xytext=(2.5, 0),
            textcoords="offset points",
            va="center_baseline",
            size=SMALL if len(counts) <= 30 else 6.0,
            color=QUIET if count else ALERT,
        )


def _scale(panels: Sequence[Axes], counts: Mapping[str, Sequence[int]]) -> None:
    """Set the same scale for all panels, with room for the numbers next to the bars."""
    largest = max(max(images) for images in counts.values())
    inches = panels[0].get_position().width * panels[0].get_figure().get_size_inches()[0]  # type: ignore[union-attr]
    share = min(0.5, (0.075 * len(f"{largest:,}") + 0.1) / inches)  # of the axis, for the widest number
    logarithmic = _is_extreme(counts)
    for axes in panels:
        if logarithmic:
            axes.set_xscale("log")
            decades = (largest / FEWEST_ON_LOG) ** (1 / (1 - share))
            axes.set_xlim(FEWEST_ON_LOG, FEWEST_ON_LOG * decades)
            axes.xaxis.set_major_locator(LogLocator(numticks=6))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlabel("images (logarithmic)")
        else:
            axes.set_xlim(0, largest / (1 - share))
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _is_extreme(counts: Mapping[str, Sequence[int]]) -> bool:
    nonempty = ([count for count in images if count] for images in counts.values())
    return any(max(images) >= EXTREME * min(images) for images in nonempty)


def _subtitle(totals: Sequence[int], counts: Mapping[str, Sequence[int]], left_out: int) -> str:
    subtitle = f"{sum(totals):,} images in {len(totals):,} classes, the largest in {next(iter(counts))} first"
    if left_out:
        subtitle += f"; {left_out:,} in the middle are left out"
    missing = [name for name in SPLITS if name in counts and not all(counts[name])]
    if missing:
        subtitle += f"; {' and '.join(missing)} {'lacks' if len(missing) == 1 else 'lack'} some classes"
    return subtitle
