"""The exit codes of `zoo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_an_error_exits_1_with_one_line(tmp_path: Path) -> None:
    done = process("models")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["models", "--no-such-option"],
        ["train", "tiny"],
        ["best"],
        ["predict", "blobs@best"],
        ["search"],
        ["search", "tiny"],
        ["search", "--resume", "abc", "tiny", "blobs"],
        ["search", "--resume", "abc", "--epochs", "20"],
        ["train", "tiny", "blobs", "--set", "filters"],
        ["train", "tiny", "blobs", "--set", "=3"],
        ["train", "tiny", "blobs", "--epochs", "0"],
        ["train", "tiny", "blobs", "--seed", "x"],
        ["train", "tiny", "blobs", "--seed", "4294967296"],
        ["evaluate", "blobs@best", "blobs", "--split", "tests"],
    ],
)
def test_wrong_usage_exits_2(zoo: Callable, arguments: list[str], tmp_path: Path) -> None:
    result = zoo(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error: " in result.err
    assert not (tmp_path / "registry.db").exists()
