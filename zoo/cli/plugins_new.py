"""`zoo plugins new`: writes the first files of a new architecture."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from zoo.cli.app import App, pass_app


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--single-file", is_flag=True, help="Write one file for --plugins-dir instead of a package.")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="Where to write.  [default: the working directory]",
)
@pass_app
def command(app: App, name: str, single_file: bool, into: Path) -> None:
    """Write an architecture to start from.

    It becomes an installable package with a test in the new folder NAME.
    """
    from zoo import scaffold

    taken = {plugin.name: plugin.provenance for plugin in app.plugins.entries}
    taken |= {each: app.plugins.provider(each).provenance for each in app.plugins.architectures}
    if single_file:
        written = [scaffold.write_file(name, into, taken)]
        folder, target = into, written[0]
    else:
        written = scaffold.write_package(name, into, taken)
        folder = target = into / name
    for path in written:
        click.echo(f"wrote {path}")
    click.echo("next:")
    click.echo(f"  try it    zoo --plugins-dir {_quoted(folder)} train {name} digits --epochs 2")
    click.echo(f"  check it  zoo plugins check {_quoted(target)}")
    if not single_file:
        click.echo(f"  test it   pip install pytest && pytest {_quoted(target)}")
        click.echo(f"  keep it   pip install -e {_quoted(target)} && zoo plugins")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
