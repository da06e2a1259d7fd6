"""What a training tells and keeps of the dataset's check: images that leak, labels that conflict. No TensorFlow."""

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

_TOLD = {
    TEST_IN_TRAIN: ("test image", "also in train (leakage)"),
    NEAR_TEST_IN_TRAIN: ("test image", "with near copies in train (leakage)"),
    "validation-in-train": ("validation image", "also in train (leakage)"),
    "near-validation-in-train": ("validation image", "with near copies in train (leakage)"),
    "label-conflict": ("image", "in several classes (label conflict)"),
    "coarse-validation": ("validation image", "only, too few to choose a model by"),
}
"""The checks that a training warns of. Unreadable images are not among them: decoding tells of those."""


def checked(opened: OpenedDataset, decoded: DecodedDataset, progress: Progress) -> Summary:
    """The errors in this dataset: as `zoo data check` found them, else found in the decoded pixels and remembered.

    Args:
        decoded: the same dataset, its rows and labels as `decode_dataset` gave them.
    """
    known = recall(opened.identity)
    if known is not None:
        return known
    skipped = {file.path for file in decoded.skipped}
    order = row_order(opened)
    readable = [number for number in order if name_of(opened, number) not in skipped]
    copies = find_copies(opened, readable, sign_rows(decoded.pixels, progress))
    found = dict(summarise([*copies, *find_imbalance(opened, readable)]))
    if unreadable := len(order) - len(readable):
        found["unreadable"] = unreadable
    remember(opened.identity, found)
    return found


def describe_check(name: str, summary: Summary) -> str:
    """One line of what makes results wrong; empty if nothing does.

    Args:
        name: the dataset's, as the registry knows it.
    """
    told = [
        f"{counted(summary[check], noun)} {what}" for check, (noun, what) in _TOLD.items() if check in summary
    ]
    return f"data check: {', '.join(told)}; `zoo data check {name}` tells more" if told else ""
