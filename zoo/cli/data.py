"""`zoo data`: the room of the commands that look after datasets."""

from __future__ import annotations

import click

from zoo.cli.subcommands import Subcommands


class _Data(Subcommands):
    room = "data"
    names = ("add", "show", "check", "plot", "cache")


# Old and new click write the metavar differently; docs/cli.md must not depend on it.
@click.group(cls=_Data, subcommand_metavar="COMMAND [ARGS]...")
def command() -> None:
    """Name datasets, look into them, check them, draw them."""
