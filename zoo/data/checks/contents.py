"""Checks of the images themselves: damage, sizes, shapes, blank ones."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from zoo.data.checks.copies import MOSTLY_BLANK
from zoo.data.checks.naming import concerned
from zoo.data.checks.report import ConcernedFile, Finding, Severity
from zoo.data.units import counted

if TYPE_CHECKING:
    from zoo.data.checks.inspection import Inspection, Look
    from zoo.data.opened import OpenedDataset

MIXED_SIZES = 4  # times the shorter side of the smallest
LONG = 4  # times as long as wide
LARGE = 20  # times the bytes of the median image
LARGE_BYTES = 1_000_000  # a smaller file is never large
BOMB = "too many pixels"  # as zoo.data.decode words it


def find_content(opened: OpenedDataset, inspection: Inspection) -> list[Finding]:
    """Return findings on single images and files."""
    findings = (
        _unreadable(opened, inspection),
        _bombs(opened, inspection),
        _blank(opened, inspection),
        _long(opened, inspection),
        _mixed_sizes(inspection),
        _large(opened, inspection),
        _no_images(opened),
    )
    return [finding for finding in findings if finding is not None]


def _unreadable(opened: OpenedDataset, inspection: Inspection) -> Finding | None:
    files = tuple(
        concerned(opened, number, look.reason)
        for number, look in enumerate(inspection.looks)
        if look.reason not in ("", BOMB)
    )
    message = f"{counted(len(files), 'image')} cannot be read"
    advice = "replace or remove them; training leaves them out"
    return _about(files, "unreadable", Severity.ERROR, message, advice)


def _bombs(opened: OpenedDataset, inspection: Inspection) -> Finding | None:
    files = tuple(
        concerned(opened, number, _megabytes(look))
        for number, look in enumerate(inspection.looks)
        if look.reason == BOMB
    )
    message = f"{counted(len(files), 'image')} would unpack to far too many pixels: refused"
    advice = "decompression bombs, or scans to scale down; training leaves them out"
    return _about(files, "bomb", Severity.ERROR, message, advice)


def _blank(opened: OpenedDataset, inspection: Inspection) -> Finding | None:
    files = tuple(
        concerned(opened, number)
        for number, background in zip(inspection.readable, inspection.signatures.background, strict=True)
        if background >= MOSTLY_BLANK
    )
    message = f"{counted(len(files), 'image')} blank, or nearly so"
    advice = "nothing can be learned from one colour: remove them"
    return _about(files, "blank", Severity.WARNING, message, advice)


def _long(opened: OpenedDataset, inspection: Inspection) -> Finding | None:
    files = tuple(
        concerned(opened, number, f"{look.width}×{look.height}")
        for number, look in enumerate(inspection.looks)
        if not look.reason and max(look.width, look.height) >= LONG * min(look.width, look.height)
    )
    message = f"{counted(len(files), 'image')} at least {LONG} times as long as wide"
    advice = "training stretches every image to a square: crop them"
    return _about(files, "aspect", Severity.WARNING, message, advice)


def _mixed_sizes(inspection: Inspection) -> Finding | None:
    sizes = {(look.width, look.height) for look in inspection.looks if not look.reason}
    if not sizes:
        return None
    small, large = min(sizes, key=min), max(sizes, key=min)
    if min(large) < MIXED_SIZES * min(small):
        return None
    return Finding(
        "mixed-sizes",
        Severity.NOTE,
        len(sizes),
        f"{counted(len(sizes), 'different size')}, from {small[0]}×{small[1]} to {large[0]}×{large[1]}",
        "all are scaled to one size, which --image-size sets",
    )


def _large(opened: OpenedDataset, inspection: Inspection) -> Finding | None:
    usual = median(look.size for look in inspection.looks) if inspection.looks else 0
    least = max(LARGE * usual, LARGE_BYTES)
    files = tuple(
        concerned(opened, number, _megabytes(look))
        for number, look in enumerate(inspection.looks)
        if look.size >= least
    )
    message = f"{counted(len(files), 'file')} at least {LARGE} times as large as most"
    advice = "check that they are right; each is slow to read"
    return _about(files, "large-file", Severity.NOTE, message, advice)


def _no_images(opened: OpenedDataset) -> Finding | None:
    files = tuple(ConcernedFile(file.path, detail=file.reason) for file in opened.images.skipped)
    message = f"{counted(len(files), 'file')} left out"
    suffixes = ", ".join(opened.formats.image_suffixes)
    advice = f"no images of a class by their names ({suffixes}) and places"
    return _about(files, "no-image", Severity.NOTE, message, advice)


def _about(
    files: tuple[ConcernedFile, ...], check: str, severity: Severity, message: str, advice: str
) -> Finding | None:
    return Finding(check, severity, len(files), message, advice, files) if files else None


def _megabytes(look: Look) -> str:
    return f"{look.size / 1_000_000:.1f} MB"
