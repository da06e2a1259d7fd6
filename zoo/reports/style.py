"""The style of zoo's plots: colours, type sizes, and a blank page on which to place images."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from zoo.reports.lettering import fitted, lettering

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which colour-blind people can distinguish (https://jfly.uni-koeln.de/color/).
SPLIT_COLOURS = {"train": "#0072B2", "validation": "#E69F00", "test": "#009E73"}
INK = "#222222"
QUIET = "#595959"  # 7:1 on white
FAINT = "#DDDDDD"
ALERT = "#B03000"

TITLE, SUBTITLE, TEXT, SMALL = 12.0, 9.0, 9.0, 7.0
"""Type sizes, in points."""

DPI = 150
MARGIN = 0.3
"""Inches around a plot."""

HOUSE = {
    "text.parse_math": False,  # a class may be called a$b$c
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "image.composite_image": False,  # each image can be selected in an SVG
    "svg.hashsalt": "zoo",  # equal plots are equal files
}


@contextmanager
def house_style() -> Iterator[None]:
    """Decorate functions that draw or write a figure.

    The style is based on matplotlib's defaults: a user's matplotlibrc may enable TeX, which fails on _ and $.
    """
    with style.context(("default", HOUSE)):
        yield


def blank_page(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one invisible pair of axes, in inches from the upper left corner."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    page.axis("off")
    return figure, page


def put_image(page: Axes, pixels: np.ndarray, corner: tuple[float, float], box: tuple[float, float]) -> None:
    """Draw the image centred in a box of (width, height) inches, as large as fits undistorted.

    Args:
        pixels: uint8 (height, width, 3).
        corner: the upper left corner of the box.
    """
    height, width = pixels.shape[:2]
    scale = min(box[0] / width, box[1] / height)
    left = corner[0] + (box[0] - width * scale) / 2
    top = corner[1] + (box[1] - height * scale) / 2
    extent = (left, left + width * scale, top + height * scale, top)
    page.imshow(pixels, extent=extent, aspect="auto", origin="upper")
    # A thin frame makes images as white as the page visible.
    frame = Rectangle((left, top), width * scale, height * scale, fill=False, edgecolor=FAINT, linewidth=0.5)
    page.add_patch(frame)


HEADING = 0.8
"""The height of a heading, in inches."""


def put_heading(figure: Figure, dataset: str, title: str, subtitle: str) -> None:
    """Write two lines at the upper left; the dataset's name is left out if no font has its glyphs."""
    name = lettering([dataset])
    full_title = title if name.undrawable else f"{name.names[0]}: {title}"
    width, height = figure.get_size_inches()
    for text, points, top, colour in ((full_title, TITLE, 0.22, INK), (subtitle, SUBTITLE, 0.47, QUIET)):
        shown = fitted(text, width - 2 * MARGIN, points, name.fonts)
        place = MARGIN / width, 1 - top / height
        figure.text(*place, shown, size=points, va="top", color=colour, family=name.fonts)
