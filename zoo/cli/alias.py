"""`zoo alias`: gives a model a movable name within its dataset."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option, model_argument
from zoo.cli.output import print_json


@click.command()
@model_argument
@click.argument("name", metavar="NAME")
@json_option
@pass_app
def command(app: App, model: str, name: str, as_json: bool) -> None:
    """Let DATASET@NAME mean MODEL from now on, such as digits@champion. Its history is kept."""
    with app.open_registry() as registry:
        registered = registry.model(model)
        registry.set_alias(registered.id, name)
    if as_json:
        print_json({"alias": f"{registered.dataset}@{name}", "model": registered.id})
    else:
        click.echo(f"{registered.dataset}@{name} is {registered.id}")
