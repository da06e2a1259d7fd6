"""How zoo's plots look: the colours, the type, and the page that images are put on."""

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

# Okabe and Ito's colours, which colour-blind people tell apart (https://jfly.uni-koeln.de/color/).
SPLIT_COLOURS = {"train": "#0072B2", "validation": "#E69F00", "test": "#009E73"}
INK = "#222222"
QUIET = "#595959"  # 7:1 on white
FAINT = "#DDDDDD"
ALERT = "#B03000"

TITLE, SUBTITLE, TEXT, SMALL = 12.0, 9.0, 9.0, 7.0
"""Sizes of type, in points."""

DPI = 150
MARGIN = 0.3
"""Inches around a picture."""

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
    "image.composite_image": False,  # each image stays one that can be picked in an SVG
    "svg.hashsalt": "zoo",  # the same plot is the same file
}


@contextmanager
def house_style() -> Iterator[None]:
    """Decorates what draws or writes a figure.

    It starts from matplotlib's own defaults: a user's matplotlibrc may ask for TeX, which stumbles over _ and $.
    """
    with style.context(("default", HOUSE)):
        yield


def blank_page(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one invisible pair of axes in inches, from the upper left corner on."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    page.axis("off")
    return figure, page


def put_image(page: Axes, pixels: np.ndarray, corner: tuple[float, float], box: tuple[float, float]) -> None:
    """Put the image into a box of (width, height) inches, as large as fits undistorted, in the middle.

    Args:
        pixels: uint8 (height, width, 3).
        corner: the upper left one of the box.
    """
    height, width = pixels.shape[:2]
    scale = min(box[0] / width, box[1] / height)
    left = corner[0] + (box[0] - width * scale) / 2
    top = corner[1] + (box[1] - height * scale) / 2
    extent = (left, left + width * scale, top + height * scale, top)
    page.imshow(pixels, extent=extent, aspect="auto", origin="upper")
    # A thin frame, for images as white as the page.
    frame = Rectangle((left, top), width * scale, height * scale, fill=False, edgecolor=FAINT, linewidth=0.5)
    page.add_patch(frame)


HEADING = 0.8
"""Inches that a heading takes."""


def put_heading(figure: Figure, dataset: str, title: str, subtitle: str) -> None:
    """At the upper left, in two lines; the dataset's name is left out where no font has its letters."""
    name = lettering([dataset])
    whole = title if name.undrawable else f"{name.names[0]}: {title}"
    width, height = figure.get_size_inches()
    for text, points, top, colour in ((whole, TITLE, 0.22, INK), (subtitle, SUBTITLE, 0.47, QUIET)):
        shown = fitted(text, width - 2 * MARGIN, points, name.fonts)
        place = MARGIN / width, 1 - top / height
        figure.text(*place, shown, size=points, va="top", color=colour, family=name.fonts)
