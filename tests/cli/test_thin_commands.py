"""The body of a command holds no work: it reads its arguments, calls a workflow, and prints."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import zoo.cli

MOST_LINES = 19
FILES = sorted(Path(zoo.cli.__file__).parent.glob("*.py"))
COMMANDS = {
    path.name: function
    for path in FILES
    for function in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(function, ast.FunctionDef) and function.name == "command"
}


def lines_of_body(function: ast.FunctionDef) -> int:
    """Return the number of lines of its statements, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_every_command_is_found() -> None:
    assert {"train.py", "search.py", "data_add.py", "plugins_new.py"} <= set(COMMANDS)
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_the_body_of_a_command_is_short(name: str) -> None:
    assert lines_of_body(COMMANDS[name]) <= MOST_LINES
