"""Groups of commands, which are imported when they are called."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click

from zoo.errors import UnknownNameError


class NamedCommands(click.Group):
    """Suggests the nearest names for an unknown command, as click does for options."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not (name.startswith("-") or ctx.resilient_parsing or self.get_command(ctx, name)):
            raise click.UsageError(str(UnknownNameError("command", name, self.list_commands(ctx))), ctx)
        return super().resolve_command(ctx, args)


class Subcommands(NamedCommands):
    """A group whose `zoo GROUP NAME` is `command` in the module GROUP_NAME beside this one.

    Subclasses set both attributes.
    """

    group_name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.names)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            return None
        command = importlib.import_module(f"zoo.cli.{self.group_name}_{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101  each module defines it
        return command
