"""Numbers as people write them on a command line: plain decimal notation, read strictly.

Python's own `int` and `float` also take `1_0`, `" 1 "`, `١`, `nan` and `inf`, which as an answer are typing errors.
"""

from __future__ import annotations

import math
import re

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def whole_number(text: str) -> int:
    """The whole number that the text is, such as `-12`.

    Raises:
        ValueError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"'{text}' is not a whole number such as 10")
    return int(text)


def number(text: str) -> float:
    """The number that the text is, such as `0.001` or `1e-3`.

    Raises:
        ValueError: it is none, or too large for a float.
    """
    if not _NUMBER.fullmatch(text) or math.isinf(value := float(text)):
        raise ValueError(f"'{text}' is not a number such as 0.001 or 1e-3")
    return value
