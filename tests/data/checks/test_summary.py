"""The summary of a check in the cache: read back complete, or ignored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from zoo.data.checks import check_dataset
from zoo.data.checks.summary import recall, remember
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIGEST = "ab" * 32


def test_a_stored_summary_is_read_back() -> None:
    remember(DIGEST, {"test-in-train": 3})
    assert recall(DIGEST) == {"test-in-train": 3}


def test_no_errors_are_something_to_remember() -> None:
    remember(DIGEST, {})
    assert recall(DIGEST) == {}


def test_a_dataset_without_a_check_has_no_summary() -> None:
    assert recall(DIGEST) is None


def test_another_dataset_with_the_same_beginning_has_no_summary() -> None:
    remember(DIGEST, {})
    assert recall(DIGEST[:16] + "0" * 48) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"errors": {"leak": "many"}}', "\x00"])
def test_a_damaged_file_is_ignored(content: str, tmp_path: Path) -> None:
    remember(DIGEST, {})
    (tmp_path / "cache" / "checks" / f"{DIGEST[:16]}.json").write_text(content)
    assert recall(DIGEST) is None


def test_another_format_is_ignored(tmp_path: Path) -> None:
    remember(DIGEST, {})
    file = tmp_path / "cache" / "checks" / f"{DIGEST[:16]}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 0}))
    assert recall(DIGEST) is None


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    remember(DIGEST, {})
    assert [file.name for file in (tmp_path / "cache" / "checks").iterdir()] == [f"{DIGEST[:16]}.json"]


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    remember(DIGEST, {})
    assert recall(DIGEST) is None


def test_a_check_is_remembered(picture: Callable, of_pictures: Callable) -> None:
    opened = of_pictures((picture(0), 0, "train"), (picture(0), 0, "test"))
    check_dataset(opened, Progress())
    assert recall(opened.fingerprint) == {"test-in-train": 1}
