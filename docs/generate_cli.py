"""Writes docs/cli.md from what `--help` says; with --check, fails where the two differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App
from zoo.cli.group import SECTIONS, cli

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 100  # columns; the same whatever terminal this runs in
HEAD = """# The command line

Generated from `--help` by `python docs/generate_cli.py`; change the commands, not this page.

Exit codes: 0 done, 1 an error told in one line on standard error, 2 wrong usage, 130 interrupted.
"""


def render() -> str:
    """The page: the group's help, then each of our commands', each followed by its own commands'."""
    root = cli.make_context("zoo", [], resilient_parsing=True, terminal_width=WIDTH)
    # Commands of plugins that happen to be installed are no part of our page.
    App.of(root).commands_added = True
    names = [name for names in SECTIONS.values() for name in names]
    return "\n".join([HEAD, section("zoo", cli.get_help(root)), *commands(root, cli, names)])


def commands(parent: click.Context, group: click.Group, names: Iterable[str]) -> Iterator[str]:
    """A section for each command of the group."""
    for name in names:
        command = group.get_command(parent, name)
        assert command is not None
        ctx = command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH)
        yield section(ctx.command_path, command.get_help(ctx))
        if isinstance(command, click.Group):
            yield from commands(ctx, command, command.list_commands(ctx))


def section(title: str, text: str) -> str:
    """A heading and the help as it looks in a terminal."""
    return f"## {title}\n\n```text\n{text}\n```\n"


def main() -> int:
    """Write the page, or check it; returns the exit code."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(render(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == render():
        return 0
    print(f"{PAGE.name} is not what --help says: run python docs/generate_cli.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
