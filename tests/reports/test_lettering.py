"""Class names as plots draw them."""

from __future__ import annotations

import warnings

import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from zoo.reports.lettering import OWN_FONT, fitted, lettering, one_line, text_width
from zoo.reports.style import house_style

NO_FONT_HAS = "\U0001e800"  # Mende Kikakui; replaced if a font of the tester's machine has it
FONT = FontProperties(family=OWN_FONT, size=9)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines", "two lines"),
        (" much \t space ", "much space"),
        ("a$b$_c^2", "a$b$_c^2"),
        ("bell\x07", "bell�"),
        ("bad\udcff", "bad�"),
        ("zero\u200bwidth", "zerowidth"),
        ("собака", "собака"),
    ],
)
def test_names_become_one_line(name: str, shown: str) -> None:
    assert one_line(name) == shown


def test_the_letters_of_most_scripts_need_no_other_font() -> None:
    assert lettering(["cat", "собака", "γάτα"]).fonts == (OWN_FONT,)


def test_another_font_is_found_for_missing_letters() -> None:
    letters = lettering(["cat", "Ⓐ"])  # matplotlib brings STIX, which has it
    assert letters.names == ("cat", "Ⓐ")
    assert len(letters.fonts) == 2


def test_characters_with_a_font_are_drawn_without_a_warning() -> None:
    letters = lettering(["Ⓐ $x_$"])
    with warnings.catch_warnings(), house_style():
        warnings.simplefilter("error")
        figure = Figure()
        figure.text(0.5, 0.5, letters.names[0], family=letters.fonts)
        figure.savefig("/dev/null", format="png")


def test_names_that_no_font_can_draw_are_numbered() -> None:
    letters = lettering(["cat", NO_FONT_HAS, f"dog {NO_FONT_HAS}"])
    assert (letters.names, letters.undrawable) == (("cat", "#2", "#3"), 2)


def test_a_short_name_stays_whole() -> None:
    assert fitted("cat", 1.0, 9) == "cat"


def test_a_long_name_loses_its_middle() -> None:
    name = "a_very_long_class_name_number_17"
    shown = fitted(name, 1.2, 9)
    front, back = shown.split("…")
    assert name.startswith(front)
    assert name.endswith(back)
    assert abs(len(front) - len(back)) <= 1
    assert 1.1 < text_width(shown, FONT) <= 1.2


def test_the_width_is_that_of_the_drawn_text() -> None:
    figure = Figure(dpi=100)
    text = figure.text(0, 0.5, "width of this", size=9)
    assert text_width("width of this", FONT) == pytest.approx(text.get_window_extent().width / 100, rel=0.05)
