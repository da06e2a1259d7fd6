"""The process that loads stored models ends when its input does, and survives what a plugin does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from zoo.testing.loading import ANSWER, Job

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.large
def test_each_job_has_an_answer(tmp_path: Path) -> None:
    (tmp_path / "crashes.py").write_text("import os; os._exit(3)")
    path = [str(tmp_path), *sys.path]
    jobs = [
        Job(str(tmp_path), "0" * 64, False, path, [("not_there", None)], "mine", ""),
        Job(str(tmp_path / "nothing"), "0" * 64, False, path, [("crashes", None)], "mine", ""),
        Job(str(tmp_path), "0" * 64, False, path, [], "mine", ""),
    ]
    server = subprocess.run(
        [sys.executable, "-m", "zoo.testing.loading"],
        input="".join(json.dumps(job) + "\n" for job in jobs),
        capture_output=True,
        text=True,
        check=True,
    )
    assert server.stdout == "done\n" * 3
    error = json.loads((tmp_path / ANSWER).read_text())["error"]  # that of the last one
    assert error.startswith("artifact 000")
