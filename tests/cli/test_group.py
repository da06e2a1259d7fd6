"""The `zoo` command itself: its help, its commands, and those of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_help_of_every_command(zoo: Callable) -> None:
    names = [
        line.split()[0] for line in zoo("--help").out.split("Work:")[1].splitlines() if line[:3] == "  z"
    ]
    assert [zoo(name, "--help").code for name in names] == [0] * len(names)


def test_help_cuts_no_sentence(zoo: Callable) -> None:
    assert "..." not in zoo("--help").out.split("Work:")[1]


GREETER = """
import click, zoo

@zoo.hookimpl
def zoo_commands(cli):
    @cli.command()
    def greet():
        "Say hello."
        click.echo("hello")

    @cli.command("models")
    def ours():
        click.echo("not the models")
"""

CLUMSY = """
import zoo

@zoo.hookimpl
def zoo_commands(cli):
    raise RuntimeError("no commands today")
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin folder with these two."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "greeter.py").write_text(GREETER)
    (folder / "clumsy.py").write_text(CLUMSY)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(folder))
    return folder


def test_a_plugin_adds_a_command(zoo: Callable, plugins: Path) -> None:
    assert (zoo("greet").code, zoo("greet").out) == (0, "hello\n")


def test_help_names_the_commands_of_plugins(zoo: Callable, plugins: Path) -> None:
    assert zoo("--help").out.endswith("\nFrom plugins:\n  greet  Say hello.\n")


def test_a_plugin_cannot_replace_a_command_of_ours(zoo: Callable, trained: Path, plugins: Path) -> None:
    assert zoo("models").out.startswith("model ")


def test_a_plugin_that_tries_is_reported(zoo: Callable, plugins: Path) -> None:
    message = f"plugin {plugins}/greeter.py:greeter cannot add the command 'models', which already exists: rename it"
    assert message in zoo("greet").err.splitlines()


def test_a_plugin_that_raises_is_reported(zoo: Callable, plugins: Path) -> None:
    message = (
        f"plugin {plugins}/clumsy.py:clumsy adds no commands: RuntimeError: no commands today "
        f"({plugins}/clumsy.py:6): fix the plugin"
    )
    assert message in zoo("greet").err.splitlines()


def test_a_plugin_that_does_not_end_adding_commands_is_stopped(
    zoo: Callable, plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plugins / "clumsy.py").write_text(
        CLUMSY.replace('raise RuntimeError("no commands today")', "while True: 1")
    )
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "0.3")
    result = zoo("greet")
    assert (result.code, result.out) == (0, "hello\n")
    (line,) = (line for line in result.err.splitlines() if "clumsy" in line)
    assert f"has been running for 0.3 s ({plugins}/clumsy.py:6) and is stopped: check for an endless" in line


def test_what_a_plugin_prints_while_it_adds_commands_is_no_output(zoo: Callable, plugins: Path) -> None:
    (plugins / "clumsy.py").write_text(CLUMSY.replace("raise RuntimeError", "print"))
    assert zoo("greet").out == "hello\n"


def test_of_two_plugins_with_one_command_the_first_has_it(zoo: Callable, plugins: Path) -> None:
    (plugins / "zealot.py").write_text(GREETER.replace('"hello"', '"hail"'))
    assert zoo("greet").out == "hello\n"
