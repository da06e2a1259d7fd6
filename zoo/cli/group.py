"""The `zoo` command: global options and commands, which are imported when they are called."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

import zoo
from zoo.cli.app import App
from zoo.cli.subcommands import NamedCommands
from zoo.errors import ContractError
from zoo.plugin_code.limits import plugin_limits
from zoo.plugins import call_hook

SECTIONS = {
    "Work": ("search", "train", "finetune", "evaluate", "predict", "export"),
    "Look up": ("best", "models", "runs", "searches", "show", "plot", "compare", "lineage"),
    "Manage": ("alias", "delete"),
    "Ingredients": ("architectures", "datasets", "data", "plugins"),
}


class LazyGroup(NamedCommands):
    """Imports a command's module when the command is named; plugins' commands come after ours."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._add_plugin_commands(ctx)
        return [*(name for names in SECTIONS.values() for name in names), *sorted(self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if any(cmd_name in names for names in SECTIONS.values()):
            command = importlib.import_module(f"zoo.cli.{cmd_name}").command
            assert isinstance(command, click.Command)  # noqa: S101  each module defines it
            return command
        self._add_plugin_commands(ctx)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self._add_plugin_commands(ctx)
        sections = {**SECTIONS, "From plugins": tuple(sorted(self.commands))}
        for title, names in sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(limit=80)) for name, command in commands if command]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _add_plugin_commands(self, ctx: click.Context) -> None:
        app = App.of(ctx)
        if app.commands_added:
            return
        app.commands_added = True
        self.commands.clear()
        for implementation in app.plugins.manager.hook.zoo_commands.get_hookimpls():
            before = dict(self.commands)
            try:
                call_hook(implementation, self, plugin_limits().loading)
            except ContractError as error:
                problem = f"adds no commands: {error}"
                click.echo(f"plugin {implementation.plugin_name} {problem}", err=True)
            for name in self._taken(before):
                problem = f"cannot add the command '{name}', which already exists: rename it"
                click.echo(f"plugin {implementation.plugin_name} {problem}", err=True)

    def _taken(self, before: dict[str, click.Command]) -> list[str]:
        """Remove the commands that replaced another one; return their names."""
        ours = {name for names in SECTIONS.values() for name in names}
        taken = [
            name
            for name in self.commands
            if name in ours or before.get(name, self.commands[name]) is not self.commands[name]
        ]
        for name in taken:
            del self.commands[name]
        self.commands.update(before)
        return taken


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--registry",
    envvar="ZOO_REGISTRY",
    metavar="PATH|URL",
    help="The registry: a file or a SQLAlchemy URL.  [env: ZOO_REGISTRY; default: registry.db]",
)
@click.option(
    "--artifacts",
    envvar="ZOO_ARTIFACTS",
    metavar="PATH|URL",
    help="Where weights are kept.  [env: ZOO_ARTIFACTS; default: artifacts beside the registry]",
)
@click.option(
    "--plugins-dir",
    envvar="ZOO_PLUGINS_DIR",
    type=click.Path(path_type=Path),
    is_eager=True,
    help="Load the plugin files of this folder too.  [env: ZOO_PLUGINS_DIR]",
)
@click.version_option(zoo.__version__, "-V", "--version", prog_name="zoo")
@click.pass_context
def cli(ctx: click.Context, /, **_: Any) -> None:  # the options are read by App.of
    """Find, fine-tune and keep the best image classifier for your images.

    DATASET is the name of a dataset (see `zoo datasets`), or the path of a folder with one subfolder of images
    per class, of a manifest, of arrays or of an archive. MODEL is an id or a prefix of one, DATASET@best,
    or DATASET@ALIAS.
    """
    App.of(ctx)
