"""`zoo plugins`: lists plugins with their origin and errors; the group of `new` and `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App
from zoo.cli.options import json_option
from zoo.cli.output import jsonable, print_json, print_table
from zoo.cli.subcommands import Subcommands

if TYPE_CHECKING:
    from zoo.plugin_code.discovery import Plugin
    from zoo.plugins import Plugins

KINDS = {
    "zoo_architectures": "architecture",
    "zoo_datasets": "dataset",
    "zoo_sources": "source",
    "zoo_decoders": "decoder",
    "zoo_commands": "commands",
    "zoo_run_finished": "run hook",
}


class _Plugins(Subcommands):
    group_name = "plugins"
    names = ("new", "check")


# Old and new click write the metavar differently; docs/cli.md must not depend on it.
@click.group(cls=_Plugins, invoke_without_command=True, subcommand_metavar="[COMMAND] [ARGS]...")
@json_option
@click.pass_context
def command(ctx: click.Context, /, as_json: bool) -> None:
    """List the plugins, broken ones with the reason; write or check one."""
    if ctx.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError(
                f"--json is for the list of plugins; give it after '{ctx.invoked_subcommand}'"
            )
        return
    plugins = App.of(ctx).plugins
    if as_json:
        print_json([_document(plugin, plugins) for plugin in plugins.entries])
    else:
        _print_table(plugins)


def _print_table(plugins: Plugins) -> None:
    rows = [
        (
            plugin.name,
            _state(plugin),
            ", ".join(_kind(plugin, hook) for hook in _hooks(plugin, plugins)),
            ", ".join([*plugin.architectures, *plugin.datasets, *plugin.sources, *plugin.decoders]),
            plugin.origin,
            plugin.version,
        )
        for plugin in plugins.entries
    ]
    # The state comes early: a narrow terminal leaves the last columns out.
    print_table(["plugin", "state", "kind", "adds", "origin", "version"], rows, empty="no plugins")
    for plugin in plugins.entries:
        if plugin.error:
            click.echo(f"{plugin.name} is quarantined: {plugin.error}")
        if plugin.notice:
            click.echo(plugin.notice)


def _document(plugin: Plugin, plugins: Plugins) -> dict[str, object]:
    kinds = [KINDS[hook] for hook in _hooks(plugin, plugins)]
    return {**jsonable(plugin), "kinds": kinds, "state": _state(plugin)}


def _hooks(plugin: Plugin, plugins: Plugins) -> list[str]:
    """Return the hooks that it implements; none when it is quarantined."""
    if plugin.error is not None:
        return []
    module = plugins.manager.get_plugin(plugin.key)
    implemented = {caller.name for caller in plugins.manager.get_hookcallers(module) or ()}
    return [hook for hook in KINDS if hook in implemented]


def _kind(plugin: Plugin, hook: str) -> str:
    """Return the kind, in the plural where there are several."""
    added = {
        "zoo_architectures": plugin.architectures,
        "zoo_datasets": plugin.datasets,
        "zoo_sources": plugin.sources,
        "zoo_decoders": plugin.decoders,
    }
    return KINDS[hook] if len(added.get(hook, "1")) == 1 else f"{KINDS[hook]}s"


def _state(plugin: Plugin) -> str:
    return "ok" if plugin.error is None else "quarantined"
