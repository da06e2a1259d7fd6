"""`zoo evaluate`: measure a model on a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import dataset_argument, json_option, model_argument, strict_option
from zoo.cli.output import print_fields, print_json, print_table
from zoo.interfaces import SPLITS

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Evaluation, Model


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

        measured = workflows.evaluate(workspace, model, dataset, split=split)
    print_json(_document(*measured)) if as_json else _print(*measured)


def _document(model: Model, version: DatasetVersion, evaluation: Evaluation) -> dict[str, object]:
    return {
        "model": model.id,
        "dataset": version.name,
        "dataset_version": version.version,
        "split": evaluation.split,
        "metrics": evaluation.metrics,
        "classes": evaluation.classes,
    }


def _print(model: Model, version: DatasetVersion, evaluation: Evaluation) -> None:
    dataset = f"{version.name}, version {version.version}"
    images = f"{evaluation.split} split, {len(evaluation.labels)} images"
    print_fields({"model": model.id, "dataset": f"{dataset}, {images}", **evaluation.metrics})
    click.echo()
    columns = ["class", "precision", "recall", "f1", "images"]
    rows = [(name, *(row[column] for column in columns[1:])) for name, row in evaluation.classes.items()]
    print_table(columns, rows, empty="no classes")
