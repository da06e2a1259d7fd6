"""A command with commands of its own, each imported when it is named."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click


class Subcommands(click.Group):
    """`zoo ROOM NAME` is `command` in the module ROOM_NAME beside this one.

    A room derives from this class and sets both.
    """

    room: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.names)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            return None
        command = importlib.import_module(f"zoo.cli.{self.room}_{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101  each module defines it
        return command
