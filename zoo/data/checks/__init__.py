"""Finds what is wrong with a dataset: damaged images, copies, leaks between splits, poor classes and splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.checks.balance import find_imbalance
from zoo.data.checks.contents import find_content
from zoo.data.checks.copies import find_copies
from zoo.data.checks.inspection import inspect_images
from zoo.data.checks.report import ConcernedFile, Finding, Report, Severity, by_severity
from zoo.data.checks.summary import remember, summarise

if TYPE_CHECKING:
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

__all__ = ["ConcernedFile", "Finding", "Report", "Severity", "check_dataset"]


def check_dataset(opened: OpenedDataset, progress: Progress) -> Report:
    """Run every check. The summary is stored in the cache, for the next training.

    Raises:
        DatasetError: an image has vanished or cannot be read.
    """
    inspection = inspect_images(opened.images.items, opened.formats, progress)
    findings = [
        *find_content(opened, inspection),
        *find_copies(opened, inspection.readable, inspection.signatures),
        *find_imbalance(opened, inspection.readable),
    ]
    remember(opened.identity, summarise(findings))
    return Report(
        opened.name,
        opened.source,
        opened.fingerprint,
        len(opened.digests),
        len(opened.images.class_names),
        by_severity(findings),
    )
