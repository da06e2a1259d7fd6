"""`zoo data`: the group of commands for datasets."""

from __future__ import annotations

import click

from zoo.cli.subcommands import Subcommands


class _Data(Subcommands):
    group_name = "data"
    names = ("add", "show", "check", "plot", "cache")


# Old and new click write the metavar differently; docs/cli.md must not depend on it.
@click.group(cls=_Data, subcommand_metavar="COMMAND [ARGS]...")
def command() -> None:
    """Name, show, check and plot datasets."""
