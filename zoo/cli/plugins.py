"""`zoo plugins`: what was found, where, and what is wrong with it."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table


@click.command()
@json_option
@pass_app
def command(app: App, as_json: bool) -> None:
    """List the plugins, broken ones with the reason."""
    found = app.plugins.found
    if as_json:
        print_json(found)
        return
    rows = [
        (
            plugin.name,
            "quarantined" if plugin.error else "ok",
            ", ".join([*plugin.architectures, *plugin.datasets]),
            plugin.version,
            plugin.origin,
        )
        for plugin in found
    ]
    print_table(["plugin", "state", "adds", "version", "origin"], rows, empty="no plugins")
    for plugin in found:
        if plugin.error:
            click.echo(f"{plugin.name} is quarantined: {plugin.error}")
