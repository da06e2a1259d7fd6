"""Commands that have commands, each imported when it is named."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click

from zoo.errors import UnknownNameError


class NamedCommands(click.Group):
    """Answers an unknown command with the nearest names, as click does for options."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not (name.startswith("-") or ctx.resilient_parsing or self.get_command(ctx, name)):
            raise click.UsageError(str(UnknownNameError("command", name, self.list_commands(ctx))), ctx)
        return super().resolve_command(ctx, args)


class Subcommands(NamedCommands):
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
