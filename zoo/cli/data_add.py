"""`zoo data add`: records a dataset under a name."""

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
    help="Draw a new validation split from the training and validation images of PATH.",
)
@click.option(
    "--replace", is_flag=True, help="Reuse the name of another dataset; this one becomes its next version."
)
@json_option
@pass_app
def command(app: App, name: str, path: str, resplit: bool, replace: bool, as_json: bool) -> None:
    """Record the dataset at PATH under NAME.

    PATH is a folder of images, a manifest (CSV), arrays (.npz, .npy), an archive (.zip, .tar), or tfds:NAME.
    Its content is recorded as a version, and later commands report changes. With --resplit the validation
    images of PATH join those for training, and about 15 % of all these, always the same ones, become the validation
    split; test images stay. Without a name, such a dataset is PATH#resplit.
    """
    from zoo.data.sources import RESPLIT
    from zoo.display.live import watching
    from zoo.workflows.datasets import add_dataset

    ref = f"{path}{RESPLIT}" if resplit else path

    with app.open_registry(create=True) as registry, watching() as progress:
        version = add_dataset(app.plugins, registry, name, ref, progress, replace=replace)
    print_json(version) if as_json else print_fields(version_fields(version))
