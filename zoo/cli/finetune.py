"""`zoo finetune`: train a registered model on."""

from __future__ import annotations

from typing import Any

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.options import (
    dataset_argument,
    freeze_option,
    json_option,
    make_options,
    model_argument,
    set_option,
    training_options,
    with_freeze,
)
from zoo.cli.output import print_fields, print_json


@click.command()
@model_argument
@dataset_argument
@freeze_option
@training_options(epochs=10)
@set_option
@json_option
@pass_app
def command(
    app: App,
    model: str,
    dataset: str,
    freeze: str | None,
    training: dict[str, Any],
    strict: bool,
    hyperparameters: dict[str, str],
    as_json: bool,
) -> None:
    """Fine-tune MODEL on DATASET.

    Images become what the model takes. Other classes than the model's get a new head.
    """
    with app.open_workspace(strict=strict) as workspace:
        from zoo import workflows

        tuned = workflows.finetune(
            workspace,
            model,
            dataset,
            hyperparameters=with_freeze(hyperparameters, freeze),
            options=make_options(training),
        )
    print_json(tuned) if as_json else print_fields(model_fields(tuned))
