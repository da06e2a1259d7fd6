"""Findings of the checks, with a severity and the files concerned, and the report of them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # makes results wrong
    WARNING = "warning"  # makes results poor
    NOTE = "note"  # good to know


@dataclass(frozen=True)
class ConcernedFile:
    """An image or another file that a finding is about.

    Args:
        path: of the file, or `image N` where the dataset holds arrays.
        class_name, split: empty for a file that is no image.
        detail: the problem of this file, such as "truncated".
        group: copies of one image share a number; 0: the file stands alone.
    """

    path: str
    class_name: str = ""
    split: str = ""
    detail: str = ""
    group: int = 0


@dataclass(frozen=True)
class Finding:
    """One problem of a dataset.

    Args:
        check: the name of the check, such as "test-in-train".
        count: how many images, files or classes it counts.
        message: the problem, in a line.
        advice: what to do about it, in a line.
        classes: the classes concerned, where it is about classes.
    """

    check: str
    severity: Severity
    count: int
    message: str
    advice: str
    files: tuple[ConcernedFile, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All findings on a dataset, the worst first.

    Args:
        dataset, source, fingerprint: as in OpenedDataset.
        images: the number of images checked.
        classes: the number of classes.
    """

    dataset: str
    source: str
    fingerprint: str
    images: int
    classes: int
    findings: tuple[Finding, ...] = field(default=())

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of this severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)


def by_severity(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the worst first; those of one severity stay in their order."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
