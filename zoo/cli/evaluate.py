"""`zoo evaluate`: measure a model on a dataset."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import dataset_argument, json_option, model_argument, strict_option
from zoo.cli.output import print_fields, print_json, print_table
from zoo.interfaces import SPLITS


@click.command()
@model_argument
@dataset_argument
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="test",
    show_default=True,
    help="Which images to measure on.",
)
@strict_option
@json_option
@pass_app
def command(app: App, model: str, dataset: str, split: str, strict: bool, as_json: bool) -> None:
    """Measure MODEL on a split of DATASET, class by class, and keep the metrics."""
    with app.open_workspace(strict=strict) as workspace:
        from zoo import workflows

        found, version, evaluation = workflows.evaluate(workspace, model, dataset, split=split)
    if as_json:
        print_json(
            {
                "model": found.id,
                "dataset": version.name,
                "dataset_version": version.version,
                "split": split,
                "metrics": evaluation.metrics,
                "classes": evaluation.classes,
            }
        )
        return
    print_fields(
        {
            "model": found.id,
            "dataset": f"{version.name}, version {version.version}, {split} split, {len(evaluation.labels)} images",
            **evaluation.metrics,
        }
    )
    click.echo()
    columns = ["class", "precision", "recall", "f1", "images"]
    rows = [(name, *(row[column] for column in columns[1:])) for name, row in evaluation.classes.items()]
    print_table(columns, rows, empty="no classes")
