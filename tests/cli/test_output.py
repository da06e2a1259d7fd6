"""The layout of results: tables, fields and JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from tests.cli.processes import on_a_terminal, process
from zoo.cli.output import print_json
from zoo.interfaces import Epoch

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_narrow_terminal_cuts_no_id(trained: Path) -> None:
    ids = [model["id"] for model in json.loads(process("models", "--json").stdout)]
    lines = on_a_terminal(80, "models").splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ids
    assert lines[-1] == "no room for parent, made: widen the terminal, or use --json"
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_shortens_texts(tmp_path: Path) -> None:
    (line,) = [line for line in on_a_terminal(80, "plugins").splitlines() if line.startswith("keras-resnet ")]
    assert "resnet50, " in line
    assert "…" in line


def test_prose_continues_on_the_next_line_of_a_narrow_terminal(tmp_path: Path) -> None:
    wide, narrow = on_a_terminal(250, "datasets"), on_a_terminal(80, "datasets").splitlines()
    left, right = narrow[0].index("summary"), narrow[0].index("source")
    summaries = " ".join(line[left:right].strip() for line in narrow[1:])
    assert "…" not in summaries
    assert all(line[left:right].strip() for line in narrow)
    assert "1,797 handwritten digits" in wide
    assert "1,797 handwritten digits" in summaries


def test_numbers_that_are_not_finite_are_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Epoch(1, {"loss": math.nan, "val_loss": -math.inf, "val_accuracy": 0.5}, 0.1)])
    (epoch,) = json.loads(capsys.readouterr().out)
    assert epoch["metrics"] == {"loss": None, "val_loss": None, "val_accuracy": 0.5}
