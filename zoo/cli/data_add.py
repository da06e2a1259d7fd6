"""`zoo data add`: give a dataset a name."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.data_show import version_fields
from zoo.cli.options import json_option
from zoo.cli.output import print_fields, print_json


@click.command()
@click.argument("name")
@click.argument("path")
@click.option(
    "--resplit",
    is_flag=True,
    help="Where PATH brings too few validation images: take new ones from those for training.",
)
@click.option("--replace", is_flag=True, help="Take the name from another dataset, as its next version.")
@json_option
@pass_app
def command(app: App, name: str, path: str, resplit: bool, replace: bool, as_json: bool) -> None:
    """Call the dataset at PATH by NAME from now on.

    PATH is a folder of images, a manifest (CSV), arrays (.npz, .npy), an archive (.zip, .tar), or tfds:NAME.
    What it holds is recorded as a version; later commands tell when that has changed. With --resplit the
    validation images that it brings join those for training, and about 15 % of all these are for validation, always
    the same ones; test images stay. Without a name of its own, such a dataset is PATH#resplit.
    """
    from zoo.data.sources import RESPLIT
    from zoo.display.live import watching
    from zoo.workflows.datasets import add_dataset

    ref = f"{path}{RESPLIT}" if resplit else path

    with app.open_registry(create=True) as registry, watching() as progress:
        version = add_dataset(app.plugins, registry, name, ref, progress, replace=replace)
    print_json(version) if as_json else print_fields(version_fields(version))
