"""`zoo train`: train one model."""

from __future__ import annotations

from typing import Any

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.options import (
    dataset_argument,
    freeze_option,
    image_size_option,
    json_option,
    make_options,
    no_weights,
    set_option,
    training_options,
    weights_option,
    with_freeze,
)
from zoo.cli.output import print_fields, print_json


@click.command()
@click.argument("architecture", metavar="ARCH")
@dataset_argument
@click.option("--preset", metavar="NAME", help="Hyperparameters of a published recipe; --set goes before it.")
@training_options(epochs=20)
@image_size_option
@set_option
@weights_option
@freeze_option
@json_option
@pass_app
def command(
    app: App,
    architecture: str,
    dataset: str,
    preset: str | None,
    training: dict[str, Any],
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    weights: str | None,
    freeze: str | None,
    as_json: bool,
) -> None:
    """Train ARCH on DATASET and keep the weights of the best epoch."""
    with app.open_workspace(strict=strict, create=True) as workspace:
        from zoo import workflows

        model = workflows.train(
            workspace,
            architecture,
            dataset,
            preset=preset,
            hyperparameters=with_freeze(hyperparameters, freeze),
            weights=no_weights(weights),
            options=make_options(training, image_size),
        )
    print_json(model) if as_json else print_fields(model_fields(model))
