"""`zoo finetune`: train a registered model on."""

from __future__ import annotations

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.options import (
    dataset_argument,
    json_option,
    make_options,
    model_argument,
    set_option,
    training_options,
)
from zoo.cli.output import print_fields, print_json


@click.command()
@model_argument
@dataset_argument
@click.option(
    "--freeze",
    "freeze_up_to",
    default="none",
    show_default=True,
    metavar="N|all|none|LAYER|POINT",
    help="What does not train: the first N layers that have weights, everything before the head, "
    "or everything up to a layer or stage.",
)
@training_options(epochs=10)
@set_option
@json_option
@pass_app
def command(
    app: App,
    model: str,
    dataset: str,
    freeze_up_to: str,
    epochs: int,
    patience: int,
    seed: int,
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
            freeze_up_to=freeze_up_to,
            hyperparameters=hyperparameters,
            options=make_options(epochs, patience, seed),
        )
    print_json(tuned) if as_json else print_fields(model_fields(tuned))
