"""How results look: tables, fields and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.processes import on_a_terminal, process

if TYPE_CHECKING:
    from pathlib import Path


def test_a_narrow_terminal_cuts_no_id(trained: Path) -> None:
    ids = [model["id"] for model in json.loads(process("models", "--json").stdout)]
    lines = on_a_terminal(80, "models").splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ids
    assert lines[-1] == "no room for parent, made: widen the terminal, or use --json"
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_shortens_texts(tmp_path: Path) -> None:
    (line,) = [line for line in on_a_terminal(80, "datasets").splitlines() if line.startswith("digits ")]
    assert line.startswith("digits          1,797 handwritten")
    assert "…" in line
