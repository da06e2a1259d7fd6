"""Names as a plot can draw them: in one line, short enough, with glyphs that an installed font has."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_FONT = "DejaVu Sans"  # comes with matplotlib
LONGEST = 120  # characters; no plot has room for more
# Fonts that draw a character as a picture of its code, or only in colour, which matplotlib does not support.
NO_LETTERS = ("last resort", "emoji")


@dataclass(frozen=True)
class Lettering:
    """Names as they are drawn.

    Args:
        names: for each name its text, or `#3` for the third one if no font has its glyphs.
        fonts: the font families with the glyphs, in the order in which to try them.
        undrawable: the number of names that are replaced by numbers for lack of a font.
    """

    names: tuple[str, ...]
    fonts: tuple[str, ...]
    undrawable: int


def lettering(names: Iterable[str]) -> Lettering:
    """Find installed fonts for these names."""
    lines = [one_line(name) for name in names]
    missing = {ord(letter) for line in lines for letter in line} - _letters_of(OWN_FONT)
    others = _fonts_with(frozenset(missing)) if missing else ()
    for font in others:
        missing -= _letters_of(font)
    drawn = [
        f"#{number}" if any(ord(letter) in missing for letter in line) else line
        for number, line in enumerate(lines, start=1)
    ]
    undrawable = sum(text != line for text, line in zip(drawn, lines, strict=True))
    return Lettering(tuple(drawn), (OWN_FONT, *others), undrawable)


def one_line(name: str) -> str:
    """The name without line breaks and other invisible characters."""
    spaced = " ".join(name.split())[:LONGEST]
    shown = (letter for letter in spaced if unicodedata.category(letter) != "Cf")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)


def fitted(text: str, inches: float, points: float, fonts: tuple[str, ...] = (OWN_FONT,)) -> str:
    """The text, shortened in the middle to this width, but to no less than one character."""
    properties = FontProperties(family=fonts, size=points)
    if text_width(text, properties) <= inches:
        return text
    length = bisect_right(
        range(1, len(text)), inches, key=lambda length: text_width(_cut(text, length), properties)
    )
    return _cut(text, max(1, length))


def _cut(text: str, length: int) -> str:
    """The start and the end of the text, so many characters together."""
    front, back = (length + 1) // 2, length // 2
    return f"{text[:front].rstrip()}…{text[len(text) - back :].lstrip()}"


def text_width(text: str, properties: FontProperties) -> float:
    """The width of the text in this font, in inches."""
    width, _, _ = TextToPath().get_text_width_height_descent(text, properties, ismath=False)
    return float(width) / 72


def widest(names: Iterable[str], points: float, fonts: tuple[str, ...]) -> float:
    """The width of the widest name, in inches."""
    properties = FontProperties(family=fonts, size=points)
    return max(text_width(name, properties) for name in names)


def _fonts_with(letters: frozenset[int]) -> tuple[str, ...]:
    """Few font families that together have as many of the letters as possible, the most useful one first."""
    missing, chosen = set(letters), []
    upright = [
        font for font in fontManager.ttflist if font.style == "normal" and font.weight in (400, "normal")
    ]
    families = sorted({font.name for font in upright})
    while missing:
        best = max(families, key=lambda family: len(missing & _letters_of(family)))
        if not missing & _letters_of(best):
            break
        chosen.append(best)
        missing -= _letters_of(best)
    return tuple(chosen)


@cache
def _letters_of(family: str) -> frozenset[int]:
    """The characters that a family can draw; none for a font of pictures."""
    if any(word in family.lower() for word in NO_LETTERS):
        return frozenset()
    try:
        font = FT2Font(fontManager.findfont(family, fallback_to_default=False))
    except (OSError, RuntimeError, ValueError):  # the font list is out of date, or a font is damaged
        return frozenset()
    return frozenset(font.get_charmap()) if font.scalable else frozenset()
