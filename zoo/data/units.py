"""Numbers as people write them."""

from __future__ import annotations

import re

from zoo.errors import ZooError


def bytes_in_words(size: int) -> str:
    """Return bytes in powers of 1000: 12 B, 382 kB, 14.2 MB."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 image`, `1,200 images`, `2 classes`, `3 surplus copies`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"


def parse_duration(text: str) -> float:
    """Return the seconds of `90s`, `10m`, `1h30m`; a number alone counts seconds. Raises ZooError."""
    match = re.fullmatch(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?", text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if not total:
        raise ZooError(f"'{text}' is not a duration: write 90s, 10m or 1h30m")
    return float(total)
