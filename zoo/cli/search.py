"""`zoo search`: find good hyperparameters, every trial kept."""

from __future__ import annotations

from contextlib import nullcontext

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.live import Terminal, make_progress
from zoo.cli.options import (
    image_size_option,
    json_option,
    make_options,
    no_weights,
    set_option,
    training_options,
    weights_option,
)
from zoo.cli.output import print_fields, print_json


@click.command()
@click.argument("architecture", metavar="ARCH", required=False)
@click.argument("dataset", metavar="DATASET", required=False)
@click.option("--resume", metavar="ID", help="Go on with an interrupted search; give no ARCH and DATASET.")
@click.option(
    "--algorithm",
    default="random",
    show_default=True,
    metavar="random|grid|bayesian|hyperband",
    help="How the next trial is chosen.",
)
@click.option("--trials", type=click.IntRange(1), default=10, show_default=True, help="The most trials.")
@click.option(
    "--objective",
    default="val_accuracy",
    show_default=True,
    metavar="val_accuracy|val_loss",
    help="What makes a trial the best.",
)
@training_options(epochs=10)
@image_size_option
@set_option
@weights_option
@json_option
@pass_app
def command(
    app: App,
    architecture: str | None,
    dataset: str | None,
    resume: str | None,
    algorithm: str,
    trials: int,
    objective: str,
    epochs: int,
    patience: int,
    seed: int,
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    weights: str | None,
    as_json: bool,
) -> None:
    """Search the hyperparameters of ARCH on DATASET.

    Every trial is a run in the registry and leaves a model; the best one is shown at the end. Ctrl-C stops the
    search, --resume goes on with it.
    """
    if resume is None and (architecture is None or dataset is None):
        raise click.UsageError("give ARCH and DATASET, or --resume ID")
    if resume is not None and architecture is not None:
        raise click.UsageError("--resume takes neither ARCH nor DATASET: the search remembers both")
    progress = make_progress()
    with app.open_workspace(progress, strict=strict) as workspace:
        from zoo import workflows

        with progress.showing() if isinstance(progress, Terminal) else nullcontext():
            if resume is not None:
                search, model = workflows.resume(workspace, resume)
            else:
                search, model = workflows.search(
                    workspace,
                    str(architecture),
                    str(dataset),
                    algorithm=algorithm,
                    trials=trials,
                    objective=objective,
                    hyperparameters=hyperparameters,
                    weights=no_weights(weights),
                    options=make_options(epochs, patience, seed, image_size),
                )
    if as_json:
        print_json({"search": search.id, "model": model})
    else:
        print_fields({"search": search.id, **model_fields(model)})
