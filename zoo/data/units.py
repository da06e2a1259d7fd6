"""Numbers as people write them."""

from __future__ import annotations


def bytes_in_words(size: int) -> str:
    """Bytes in powers of 1000: 12 B, 382 kB, 14.2 MB."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """`1 image`, `1,200 images`, `2 classes`, `3 surplus copies`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"
