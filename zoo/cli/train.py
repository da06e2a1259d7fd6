"""`zoo train`: trains one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zoo.cli.app import App
from zoo.cli.describe import model_fields
from zoo.cli.options import (
    check_resume_usage,
    freeze_option,
    image_size_option,
    json_option,
    keep_best_option,
    make_options,
    no_weights,
    resume_run_option,
    set_option,
    training_options,
    weights_option,
    with_freeze,
)
from zoo.cli.output import print_fields, print_json

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.workflows import Workspace


@click.command()
@click.argument("architecture", metavar="ARCH", required=False)
@click.argument("dataset", metavar="DATASET", required=False)
@resume_run_option
@keep_best_option
@click.option(
    "--preset", metavar="NAME", help="Hyperparameters of a published recipe; --set takes precedence."
)
@training_options(epochs=20)
@image_size_option
@set_option
@weights_option
@freeze_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    architecture: str | None,
    dataset: str | None,
    resume: str | None,
    keep_best: bool,
    preset: str | None,
    training: dict[str, Any],
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    weights: str | None,
    freeze: str | None,
    as_json: bool,
) -> None:
    """Train ARCH on DATASET and keep the weights of the best epoch.

    A training that was stopped, by Ctrl-C or a crash, continues with --resume after its last epoch.
    """
    check_resume_usage(ctx, "architecture", "dataset")
    options = make_options(training, image_size)
    request = {
        "preset": preset,
        "hyperparameters": with_freeze(hyperparameters, freeze),
        "weights": no_weights(weights),
    }
    with App.of(ctx).open_workspace(strict=strict, create=resume is None) as workspace:
        from zoo import workflows

        if resume is not None:
            model = workflows.resume_training(workspace, resume, keep_best=keep_best)
        else:
            names = str(architecture), str(dataset)
            model = _train(workspace, *names, request, options=options, keep_best=keep_best)
    print_json(model) if as_json else print_fields(model_fields(model))


def _train(
    workspace: Workspace, architecture: str, dataset: str, request: dict[str, Any], **options: Any
) -> Model:
    from zoo import workflows

    image_size = options["options"].image_size
    opened = workflows.check_training(workspace, architecture, dataset, **request, image_size=image_size)
    return workflows.train(workspace, architecture, opened, **request, **options)
