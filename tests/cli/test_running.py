"""`zoo` as a process: its imports, exit codes and output."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

import zoo as package
from tests.cli.processes import ZOO, process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.processes import LeanProcess


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["architectures"],
        ["best", "blobs"],
        ["models"],
        ["show", "blobs@best"],
        ["lineage", "blobs@best"],
    ],
)
def test_looking_up_imports_nothing_large(lean: LeanProcess, command: list[str], trained: Path) -> None:
    result = lean(*command)
    assert (result.code, result.imported) == (0, ())


def test_python_dash_m() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"zoo, version {package.__version__}\n")


def test_a_closed_pipe_is_no_error(trained: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*ZOO, "models"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""
