"""Copies and near copies: in a class, in several classes, in several splits; and no false alarms."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageEnhance
from zoo_plugins import digits, shapes

from tests.formats import FORMATS
from zoo.data.checks import Severity, check_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

COPIES = ("in-train", "in-validation", "conflict", "duplicates")


def jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer).convert("RGB")


def about_copies(findings: dict) -> dict[str, int]:
    return {check: finding.count for check, finding in findings.items() if check.endswith(COPIES)}


EDITS = {
    "stored as JPEG": jpeg,
    "a third of the size": lambda image: image.resize((40, 30)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "a pixel cut off": lambda image: image.crop((1, 1, 120, 90)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_copy_is_near(
    edit: Callable, picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    opened = of_pictures(*((picture(n), 0, "train") for n in range(9)), (edit(picture(4)), 0, "test"))
    assert about_copies(findings_by_check(opened)) == {"near-test-in-train": 1}


@pytest.mark.parametrize(
    ("of", "inside", "severity"),
    [("test", "train", "error"), ("validation", "train", "error"), ("test", "validation", "warning")],
)
def test_copies_leak_from_split_to_split(
    of: str, inside: str, severity: str, picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    findings = findings_by_check(
        of_pictures((picture(0), 0, of), (picture(0), 0, of), (picture(0), 0, inside))
    )
    leakage = findings[f"{of}-in-{inside}"]
    assert (leakage.severity, leakage.count, "near" in str(findings.keys())) == (severity, 2, False)
    assert leakage.message == f"2 {of} images are also in {inside} (leakage)"


def test_a_leak_names_the_copies_together(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    pairs = [(picture(number), 0, split) for number in range(2) for split in ("test", "train")]
    files = findings_by_check(of_pictures(*pairs))["test-in-train"].files
    assert [(file.path, file.split, file.group) for file in files] == [
        ("image 0", "test", 1),
        ("image 1", "train", 1),
        ("image 2", "test", 2),
        ("image 3", "train", 2),
    ]


def test_an_exact_copy_is_not_reported_again_as_a_near_one(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    smaller = picture(0).resize((60, 45))
    opened = of_pictures((picture(0), 0, "test"), (picture(0), 0, "train"), (smaller, 0, "test"))
    counts = about_copies(findings_by_check(opened))
    assert (counts["test-in-train"], counts["near-test-in-train"]) == (1, 1)


def test_one_image_in_two_classes_is_an_error(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    findings = findings_by_check(of_pictures((picture(0), 0, "train"), (picture(0), 1, "train")))
    conflict = findings["label-conflict"]
    assert about_copies(findings) == {"label-conflict": 1}
    assert (conflict.severity, [file.class_name for file in conflict.files]) == (
        Severity.ERROR,
        ["cat", "dog"],
    )


def test_near_copies_in_two_classes_are_a_warning(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    findings = findings_by_check(
        of_pictures((picture(0), 0, "train"), (picture(0).resize((60, 45)), 1, "train"))
    )
    assert about_copies(findings) == {"near-label-conflict": 1}
    assert findings["near-label-conflict"].severity is Severity.WARNING


def test_copies_in_one_class_and_split_are_surplus(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    findings = findings_by_check(of_pictures(*[(picture(0), 0, "train")] * 3))
    assert about_copies(findings) == {"duplicates": 2}


def test_near_copies_in_one_class_and_split_are_worth_a_note(
    picture: Callable, of_pictures: Callable, findings_by_check: Callable
) -> None:
    copies = [picture(0).resize((width, 90)) for width in (120, 80, 60)]
    findings = findings_by_check(of_pictures(*((copy, 0, "train") for copy in copies)))
    assert about_copies(findings) == {"near-duplicates": 2}
    assert findings["near-duplicates"].severity is Severity.NOTE


def test_blank_images_are_no_copies(of_pictures: Callable, findings_by_check: Callable) -> None:
    blank = [(Image.new("L", (40, 40), shade), shade % 2, "train") for shade in (0, 0, 255, 255, 7)]
    blank += [(Image.new("L", (40, 40), 255), 0, "test")]
    assert about_copies(findings_by_check(of_pictures(*blank))) == {}


@pytest.mark.parametrize("plugin", [digits, shapes])
def test_small_images_and_drawings_raise_no_false_alarm(plugin: object) -> None:
    (dataset,) = plugin.zoo_datasets()
    opened = open_dataset(dataset.name, {dataset.name: dataset}, FORMATS)
    assert check_dataset(opened, Progress()).findings == ()
