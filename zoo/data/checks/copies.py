"""Checks for duplicate images: within a class, in several classes, in several splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.checks.naming import concerned
from zoo.data.checks.report import Finding, Severity
from zoo.data.checks.signatures import Signatures
from zoo.data.checks.similarity import groups_of_alike
from zoo.data.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zoo.data.checks.report import ConcernedFile
    from zoo.data.opened import OpenedDataset

NEAR_TEST_IN_TRAIN = "near-test-in-train"
MOSTLY_BLANK = 0.98
"""Share of a thumbnail in one colour at which an image is too blank to be compared with others."""

_LEAKS = (
    ("test", "train", Severity.ERROR, "the test metrics of a model trained on them are too good"),
    (
        "validation",
        "train",
        Severity.ERROR,
        "the best epoch and model are chosen by images that it was trained on",
    ),
    (
        "test",
        "validation",
        Severity.WARNING,
        "the model that is best on them is chosen, so test metrics are too good",
    ),
)

Group = list[int]
"""Numbers of images that are copies of each other."""


def find_copies(opened: OpenedDataset, readable: Sequence[int], signatures: Signatures) -> list[Finding]:
    """Return findings on copies. Blank images are left out: they are all alike.

    Args:
        readable: numbers of the images that can be read.
        signatures: of these images, in their order.
    """
    shown = np.flatnonzero(signatures.background < 1).tolist()
    exact = _grouped((opened.digests[readable[row]], readable[row]) for row in shown)
    near = _near(opened, readable, signatures, exact)
    findings = []
    for of, inside, severity, reason in _LEAKS:
        findings += [
            _leakage(opened, list(exact.values()), (of, inside), severity, reason, near=False),
            _leakage(opened, near, (of, inside), severity, reason, near=True),
        ]
    findings += [
        _conflict(opened, list(exact.values()), near=False),
        _conflict(opened, near, near=True),
        _repetition(opened, list(exact.values()), near=False),
        _repetition(opened, near, near=True),
    ]
    return [finding for finding in findings if finding is not None]


def _grouped(pairs: Iterable[tuple[str | int, int]]) -> dict[str | int, Group]:
    groups: dict[str | int, Group] = {}
    for key, number in pairs:
        groups.setdefault(key, []).append(number)
    return groups


def _near(
    opened: OpenedDataset, readable: Sequence[int], signatures: Signatures, exact: dict[str | int, Group]
) -> list[Group]:
    """Return groups of images that look alike and are not all the same bytes. Of exact copies one is compared."""
    rows, seen = [], set()
    for row in np.flatnonzero(signatures.background < MOSTLY_BLANK).tolist():
        digest = opened.digests[readable[row]]
        if digest not in seen:
            seen.add(digest)
            rows.append(row)
    indices = np.array(rows, dtype=np.int64)
    compared = Signatures(
        signatures.hashes[indices], signatures.thumbnails[indices], signatures.background[indices]
    )
    groups = groups_of_alike(compared)
    alike = _grouped((int(group), readable[row]) for group, row in zip(groups, rows, strict=True))
    return [
        sorted(copy for number in group for copy in exact[opened.digests[number]])
        for group in alike.values()
        if len(group) > 1
    ]


def _leakage(
    opened: OpenedDataset,
    groups: Iterable[Group],
    splits: tuple[str, str],
    severity: Severity,
    reason: str,
    *,
    near: bool,
) -> Finding | None:
    of, inside = splits
    leaks = []
    count = 0
    for group in groups:
        originals = [number for number in group if opened.split[number] == inside]
        same = {opened.digests[number] for number in originals} if near else set()
        leaked = [n for n in group if opened.split[n] == of and opened.digests[n] not in same]
        if leaked and originals:
            leaks.append(leaked + originals)
            count += len(leaked)
    if not count:
        return None
    copies = "have near copies" if near else "are also"
    return Finding(
        f"{'near-' if near else ''}{of}-in-{inside}",
        severity,
        count,
        f"{counted(count, f'{of} image')} {_verb(count, copies)} in {inside} (leakage)",
        f"delete them from one of the two: {reason}",
        _files(opened, leaks),
    )


def _conflict(opened: OpenedDataset, groups: Iterable[Group], *, near: bool) -> Finding | None:
    """Return the finding that an image is in several classes."""
    labels = opened.images.labels
    conflicts = []
    for group in groups:
        classes: dict[str, set[int]] = {}
        for number in group:
            classes.setdefault(opened.digests[number] if near else "", set()).add(labels[number])
        several = classes.values() if near else [{label} for label in classes[""]]
        if len({frozenset(labels_of_image) for labels_of_image in several}) > 1:
            conflicts.append(group)
    if not conflicts:
        return None
    count = len(conflicts)
    what = "have near copies in other classes" if near else "are in several classes"
    return Finding(
        "near-label-conflict" if near else "label-conflict",
        Severity.WARNING if near else Severity.ERROR,
        count,
        f"{counted(count, 'image')} {_verb(count, what)} (label conflict)",
        "check which class is right" if near else "keep each in the class that is right",
        _files(opened, conflicts),
    )


def _repetition(opened: OpenedDataset, groups: Iterable[Group], *, near: bool) -> Finding | None:
    """Return the finding of copies within one class and one split."""
    repeated = []
    for group in groups:
        places = _grouped(
            (f"{opened.images.labels[number]} {opened.split[number]}", number) for number in group
        )
        for place in places.values():
            distinct = list({opened.digests[number]: number for number in place}.values()) if near else place
            if len(distinct) > 1:
                repeated.append(distinct)
    count = sum(len(place) - 1 for place in repeated)
    if not count:
        return None
    return Finding(
        "near-duplicates" if near else "duplicates",
        Severity.NOTE if near else Severity.WARNING,
        count,
        f"{counted(count, 'near copy' if near else 'surplus copy')} of other images of the class and split",
        "each counts as one more image: delete the duplicates",
        _files(opened, repeated),
    )


def _files(opened: OpenedDataset, groups: Iterable[Group]) -> tuple[ConcernedFile, ...]:
    return tuple(
        concerned(opened, number, group=position)
        for position, group in enumerate(groups, start=1)
        for number in group
    )


def _verb(count: int, words: str) -> str:
    """Return the words in singular or plural."""
    if count > 1:
        return words
    return words.replace("are ", "is ").replace("have ", "has ")
