"""The style of plots: colours and fonts, pages in inches, undistorted images, headings."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from zoo.reports.style import HEADING, INK, MARGIN, blank_page, house_style, put_heading, put_image


def test_the_house_style_ends_with_its_block() -> None:
    before = mpl.rcParams["text.color"]
    with house_style():
        assert mpl.rcParams["text.color"] == INK
    assert mpl.rcParams["text.color"] == before


def test_the_settings_of_a_user_do_not_reach_a_plot() -> None:
    with mpl.rc_context({"text.usetex": True, "lines.linewidth": 9}), house_style():
        assert (mpl.rcParams["text.usetex"], mpl.rcParams["lines.linewidth"]) == (False, 1.5)


def test_a_page_is_measured_in_inches_from_its_upper_left_corner() -> None:
    figure, page = blank_page(5, 3)
    assert (list(figure.get_size_inches()), page.get_xlim(), page.get_ylim()) == ([5, 3], (0, 5), (3, 0))


@pytest.mark.parametrize(
    ("shape", "extent"),
    [((10, 20, 3), (1, 3, 2.5, 1.5)), ((20, 10, 3), (1.5, 2.5, 3, 1)), ((7, 7, 3), (1, 3, 3, 1))],
    ids=["wide", "high", "square"],
)
def test_an_image_fills_its_box_undistorted_in_the_middle(
    shape: tuple[int, ...], extent: tuple[float, ...]
) -> None:
    _, page = blank_page(5, 5)
    put_image(page, np.zeros(shape, np.uint8), (1, 1), (2, 2))
    (image,) = page.images
    assert image.get_extent() == pytest.approx(extent)


@pytest.mark.parametrize(
    ("dataset", "title"), [("pets", "pets: sizes"), ("\U0001e800", "sizes")], ids=["letters", "no font"]
)
def test_a_heading_names_the_dataset_where_it_can_be_drawn(dataset: str, title: str) -> None:
    figure, _ = blank_page(5, 3)
    put_heading(figure, dataset, "sizes", "of all images")
    assert [text.get_text() for text in figure.texts] == [title, "of all images"]


def test_a_heading_stays_within_margin_and_height() -> None:
    figure, _ = blank_page(5, 3)
    put_heading(figure, "pets", "a long title " * 20, "subtitle")
    figure.canvas.draw()
    for text in figure.texts:
        box = text.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
        assert box.x0 >= MARGIN - 0.01
        assert box.x1 <= 5 - MARGIN + 0.05
        assert box.y0 >= 3 - HEADING
