"""Checks of classes and splits: balance, small classes, splits too small to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.checks.report import Finding, Severity
from zoo.data.splits import count_images
from zoo.data.units import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.opened import OpenedDataset

UNEVEN, VERY_UNEVEN = 2, 10  # times the training images of the smallest class
SMALL_CLASS = 20  # images; of fewer, more than 1 class in 25 gets no validation image when zoo splits
COARSE = 50  # validation images; with fewer, one of them is 2 points of accuracy or more


def find_imbalance(opened: OpenedDataset, readable: Sequence[int]) -> list[Finding]:
    """Return findings on the numbers of readable images."""
    counts = count_images(
        [opened.split[number] for number in readable],
        [opened.images.labels[number] for number in readable],
        opened.images.class_names,
    )
    findings = (
        _coarse_validation(counts["validation"], brings_validation=_brings_validation(opened)),
        *(_missing_classes(split, counts[split]) for split in ("train", "validation", "test")),
        _small_classes(counts),
        _uneven_classes(counts["train"]),
    )
    return [finding for finding in findings if finding is not None]


def _brings_validation(opened: OpenedDataset) -> bool:
    return opened.images.split is not None and "validation" in opened.images.split


def _coarse_validation(classes: Mapping[str, int], *, brings_validation: bool) -> Finding | None:
    images = sum(classes.values())
    if not 0 < images < COARSE:
        return None
    resplit = "`zoo data add NAME PATH --resplit` takes new ones from the training images"
    return Finding(
        "coarse-validation",
        Severity.ERROR if brings_validation else Severity.WARNING,
        images,
        f"{counted(images, 'validation image')}: one of them is {100 / images:.3g} points of accuracy",
        f"too few to choose a model by: {resplit if brings_validation else 'add images'}",
    )


def _missing_classes(split: str, classes: Mapping[str, int]) -> Finding | None:
    missing = tuple(name for name, images in classes.items() if not images)
    if not missing or (len(missing) == len(classes) and split == "test"):
        return None  # a dataset without test images is reported when it is opened
    return Finding(
        f"{split}-without-class",
        Severity.WARNING,
        len(missing),
        f"no {split} images of {counted(len(missing), 'class')}",
        f"{split} metrics say nothing about {'it' if len(missing) == 1 else 'them'}: add images",
        classes=missing,
    )


def _small_classes(counts: Mapping[str, Mapping[str, int]]) -> Finding | None:
    totals = {name: sum(classes[name] for classes in counts.values()) for name in counts["train"]}
    small = tuple(name for name, images in totals.items() if images < SMALL_CLASS)
    if not small:
        return None
    return Finding(
        "small-class",
        Severity.WARNING,
        len(small),
        f"{counted(len(small), 'class')} of fewer than {SMALL_CLASS} images",
        "too few to learn from and to split: add images",
        classes=tuple(f"{name} ({totals[name]})" for name in small),
    )


def _uneven_classes(classes: Mapping[str, int]) -> Finding | None:
    least, most = (choose(classes, key=lambda name: classes[name]) for choose in (min, max))
    if not classes[least] or classes[most] < UNEVEN * classes[least]:
        return None
    ratio = classes[most] / classes[least]
    return Finding(
        "imbalance",
        Severity.WARNING if ratio >= VERY_UNEVEN else Severity.NOTE,
        len(classes),
        f"{ratio:.1f} times as many training images of {most} ({classes[most]:,}) as of {least} ({classes[least]:,})",
        "--class-weights balanced gives each class the same weight",
    )
