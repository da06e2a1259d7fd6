"""`zoo delete`: deletes models."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_json


@click.command()
@click.argument("models", metavar="MODEL…", nargs=-1, required=True)
@click.option(
    "--force", is_flag=True, help="Also delete models that have an alias, or that a search may need."
)
@json_option
@pass_app
def command(app: App, models: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Delete MODELs permanently, with their weights and metrics.

    Their runs are kept. Models that were fine-tuned from them are kept too, and still name their parents, and so are
    weights that another model shares.
    """
    with app.open_registry() as registry:
        deleted = {model.id: model for model in map(registry.model, models)}
        registry.delete_models([*deleted], force=force)
    if as_json:
        print_json([*deleted.values()])
        return
    for model in deleted.values():
        click.echo(f"deleted {model.id}: {model.architecture} on {model.dataset} v{model.dataset_version}")
