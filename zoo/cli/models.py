"""`zoo models`: every trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import leakage_note, parent_of
from zoo.cli.number_types import WholeRange
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table
from zoo.data.units import bytes_in_words
from zoo.display.tables import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Model


@click.command()
@click.option("--dataset", metavar="DATASET", help="Only models trained on this dataset.")
@click.option("--architecture", metavar="ARCH", help="Only models of this architecture.")
@click.option("--limit", type=WholeRange(1), metavar="N", help="Only the newest N.")
@json_option
@pass_app
def command(
    app: App, dataset: str | None, architecture: str | None, limit: int | None, as_json: bool
) -> None:
    """List the models in the registry, the newest first."""
    with app.open_registry() as registry:
        models = registry.models(dataset=dataset, architecture=architecture, limit=limit)
    if as_json:
        print_json(models)
        return
    filtered = dataset is not None or architecture is not None
    _print_table(
        models, "no such model" if filtered else "no models yet: train some with `zoo search ARCH DATASET`"
    )
    if note := leakage_note(models):
        console(stderr=True).print(note)


def _print_table(models: Sequence[Model], empty: str) -> None:
    rows = [
        (
            model.id,
            model.architecture,
            f"{model.dataset} v{model.dataset_version}",
            model.metrics.get("val_accuracy"),
            model.metrics.get("test_accuracy"),
            model.parameters,
            bytes_in_words(model.size_bytes),
            parent_of(model),
            model.created_at,
        )
        for model in models
    ]
    columns = ["model", "architecture", "dataset", "val acc", "test acc", "params", "size", "parent", "made"]
    print_table(columns, rows, empty=empty)
