"""An unknown command is answered with the nearest names, those of plugins among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GREETER = """
import click
from zoo import hookimpl

@hookimpl
def zoo_commands(cli):
    cli.add_command(click.Command("greet", callback=lambda: None))
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serach", "x"], "unknown command 'serach': did you mean 'search' or 'searches'?"),
        (["data", "chek"], "unknown command 'chek': did you mean 'check' or 'cache'?"),
        (["data", "zzz"], "unknown command 'zzz'; available: add, cache, check, plot, show"),
        (["greed"], "unknown command 'greed': did you mean 'greet'?"),
    ],
)
def test_an_unknown_command(
    zoo: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "greeter.py").write_text(GREETER, encoding="utf-8")
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(tmp_path / "plugins"))
    result = zoo(*arguments)
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"Error: {message}")


def test_an_unknown_option_is_no_command(zoo: Callable) -> None:
    result = zoo("--regsitry", "x", "models")
    assert result.code == 2
    assert "No such option" in result.err
