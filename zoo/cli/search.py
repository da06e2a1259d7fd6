"""`zoo search`: find good hyperparameters, every trial kept."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from zoo.cli.app import App
from zoo.cli.describe import model_fields
from zoo.cli.options import (
    Duration,
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
@click.argument("architecture", metavar="ARCH", required=False)
@click.argument("dataset", metavar="DATASET", required=False)
@click.option("--resume", metavar="ID", help="Go on with an interrupted search; give no ARCH and DATASET.")
@click.option(
    "--algorithm",
    default="random",
    show_default=True,
    metavar="random|grid|bayesian|hyperband|tpe|asha",
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
@click.option(
    "--pruner",
    metavar="none|median|asha",
    help="End trials that do worse than others after an epoch.  [default: none; asha with --algorithm asha]",
)
@click.option("--max-time", type=Duration(), metavar="TIME", help="End the search after 90s, 10m, 1h30m …")
@click.option("--target", type=float, metavar="VALUE", help="End the search when the objective is as good.")
@training_options(epochs=10)
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
    algorithm: str,
    trials: int,
    objective: str,
    pruner: str | None,
    max_time: float | None,
    target: float | None,
    training: dict[str, Any],
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    weights: str | None,
    freeze: str | None,
    as_json: bool,
) -> None:
    """Search the hyperparameters of ARCH on DATASET.

    Every trial is a run in the registry and leaves a model; the best one is shown at the end. Ctrl-C stops the
    search, --resume goes on with it.
    """
    _check_usage(ctx)
    with App.of(ctx).open_workspace(strict=strict, create=resume is None) as workspace:
        from zoo import workflows

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
                pruner=pruner,
                max_seconds=max_time,
                target=target,
                hyperparameters=with_freeze(hyperparameters, freeze),
                weights=no_weights(weights),
                options=make_options(training, image_size),
            )
    if as_json:
        print_json({"search": search.id, "model": model})
    else:
        metric = search.plan.objective.name.removeprefix("val_")
        print_fields({"search": search.id, **model_fields(model, metric=metric)})


def _check_usage(ctx: click.Context) -> None:
    """A new search needs ARCH and DATASET; one that goes on remembers them, and its options too."""
    if ctx.params["resume"] is None:
        if ctx.params["architecture"] is None or ctx.params["dataset"] is None:
            raise click.UsageError("give ARCH and DATASET, or --resume ID")
        return
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if set(given) - {"resume", "strict", "as_json"}:
        raise click.UsageError(
            "--resume takes only --strict and --json beside it: the search remembers the rest"
        )
