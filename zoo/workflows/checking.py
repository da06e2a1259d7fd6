"""The check of a dataset before training: images that leak, labels that conflict. Imports no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.cache.building import row_order
from zoo.data.checks.balance import find_imbalance
from zoo.data.checks.copies import NEAR_TEST_IN_TRAIN, find_copies
from zoo.data.checks.naming import name_of
from zoo.data.checks.signatures import sign_rows
from zoo.data.checks.summary import recall, remember, summarise
from zoo.data.units import counted
from zoo.interfaces import TEST_IN_TRAIN

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.data.checks.summary import Summary
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

_WARNINGS = {
    TEST_IN_TRAIN: ("test image", "also in train (leakage)"),
    NEAR_TEST_IN_TRAIN: ("test image", "with near copies in train (leakage)"),
    "validation-in-train": ("validation image", "also in train (leakage)"),
    "near-validation-in-train": ("validation image", "with near copies in train (leakage)"),
    "label-conflict": ("image", "in several classes (label conflict)"),
    "coarse-validation": ("validation image", "only, too few to choose a model by"),
}
"""The checks that a training warns about. Decoding reports unreadable images itself."""


def check_summary(opened: OpenedDataset, decoded: DecodedDataset, progress: Progress) -> Summary:
    """Return the numbers of errors in this dataset, from an earlier `zoo data check` or from a check of the pixels.

    Args:
        decoded: the same dataset, as `decode_dataset` returned it.
    """
    stored = recall(opened.identity)
    if stored is not None:
        return stored
    skipped = {file.path for file in decoded.skipped}
    order = row_order(opened)
    readable = [number for number in order if name_of(opened, number) not in skipped]
    copies = find_copies(opened, readable, sign_rows(decoded.pixels, progress))
    summary = dict(summarise([*copies, *find_imbalance(opened, readable)]))
    if unreadable := len(order) - len(readable):
        summary["unreadable"] = unreadable
    remember(opened.identity, summary)
    return summary


def describe_check(name: str, summary: Summary) -> str:
    """Return the errors that distort results in one line; an empty string if there are none.

    Args:
        name: of the dataset in the registry.
    """
    errors = [
        f"{counted(summary[check], noun)} {error}"
        for check, (noun, error) in _WARNINGS.items()
        if check in summary
    ]
    return f"data check: {', '.join(errors)}; see `zoo data check {name}`" if errors else ""
