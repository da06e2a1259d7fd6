"""Parses numbers in plain decimal notation, strictly.

Python's own `int` and `float` also accept `1_0`, `" 1 "`, `١`, `nan` and `inf`, which are typing errors on a
command line.
"""

from __future__ import annotations

import math
import re

DIGITS = 18
"""Whole numbers of more digits do not fit into 64 bits, which databases and NumPy use."""

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def whole_number(text: str) -> int:
    """Parse a whole number, such as `-12`.

    Raises:
        ValueError: the text is not a whole number, or it has too many digits.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"'{text}' is not a whole number such as 10")
    if len(text) > DIGITS:
        raise ValueError(f"'{text}' has more than {DIGITS} digits")
    return int(text)


def number(text: str) -> float:
    """Parse a number, such as `0.001` or `1e-3`.

    Raises:
        ValueError: the text is not a number, or the number is too large for a float.
    """
    if not _NUMBER.fullmatch(text) or math.isinf(value := float(text)):
        raise ValueError(f"'{text}' is not a number such as 0.001 or 1e-3")
    return value
