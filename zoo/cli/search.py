"""`zoo search`: searches hyperparameters and architectures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from zoo.cli.app import App
from zoo.cli.cluster_options import CLUSTER_NAMES, cluster_options, make_cluster
from zoo.cli.describe import model_fields
from zoo.cli.forecast import print_forecast
from zoo.cli.options import (
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
from zoo.cli.search_options import EXTENSION_NAMES, make_extension, make_search_options, search_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Model, Search
    from zoo.search.executors.ray_cluster import Cluster
    from zoo.workflows import Workspace
    from zoo.workflows.search import Extension

    Show = Callable[..., None]


@click.command()
@click.argument("architecture", metavar="ARCH[,ARCH…]", required=False)
@click.argument("dataset", metavar="DATASET", required=False)
@click.option(
    "--resume",
    metavar="ID",
    help="Resume an interrupted search, without ARCH and DATASET. One that has ended can be extended with more "
    "--trials, with --max-time, or with another --target.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be searched, and how long it may take.")
@search_options
@cluster_options
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
    dry_run: bool,
    searching: dict[str, Any],
    cluster: dict[str, Any],
    training: dict[str, Any],
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    weights: str | None,
    freeze: str | None,
    as_json: bool,
) -> None:
    """Search the hyperparameters of ARCH on DATASET, or of several ARCHs.

    With several, as in convnet,resnet, the architecture itself is a hyperparameter. Every trial is a run in the
    registry; the models of the best ones are kept, and the best of all is shown at the end. A search that was stopped,
    by Ctrl-C or a crash, continues with --resume; one that has ended can be extended with more time or trials.
    """
    _check_usage(ctx)
    options: dict[str, Any] = {
        "search_options": make_search_options(searching),
        "options": make_options(training, image_size),
    }
    request = {"hyperparameters": with_freeze(hyperparameters, freeze), "weights": no_weights(weights)}
    ray_cluster = make_cluster(cluster)
    with App.of(ctx).open_workspace(strict=strict, create=resume is None, dry=dry_run) as workspace:
        if resume is not None:
            show = _resume(workspace, resume, make_extension(ctx), ray_cluster)
        else:
            show = _begin(
                workspace, (str(architecture), str(dataset)), request, options, ray_cluster, dry_run=dry_run
            )
    show(as_json=as_json)  # after the live table has been closed


def _resume(workspace: Workspace, search: str, extension: Extension, ray_cluster: Cluster | None) -> Show:
    from zoo import workflows
    from zoo.workflows import search as searches

    workflows.check_resuming(workspace, search, extension)
    return partial(show_search, *searches.resume(workspace, search, ray_cluster, extension))


def _begin(
    workspace: Workspace,
    names: tuple[str, str],
    request: dict[str, Any],
    options: dict[str, Any],
    ray_cluster: Cluster | None,
    *,
    dry_run: bool,
) -> Show:
    from zoo import workflows
    from zoo.workflows import search as searches

    architecture, dataset = names
    image_size = options["options"].image_size
    opened = workflows.check_training(workspace, architecture, dataset, **request, image_size=image_size)
    if dry_run:
        forecast = searches.forecast_search(workspace, architecture, opened, **request, **options)
        return partial(print_forecast, forecast)
    result = searches.search(workspace, architecture, opened, cluster=ray_cluster, **request, **options)
    return partial(show_search, *result)


def show_search(search: Search, model: Model, *, as_json: bool) -> None:
    """Print the result of a search: its id and its best model."""
    if as_json:
        print_json({"search": search.id, "model": model})
        return
    metric = search.plan.objective.name.removeprefix("val_")
    print_fields({"search": search.id, **model_fields(model, metric=metric)})


def _check_usage(ctx: click.Context) -> None:
    """Require ARCH and DATASET for a new search, and refuse options that a resumed search has stored."""
    if ctx.params["resume"] is None:
        if ctx.params["architecture"] is None or ctx.params["dataset"] is None:
            raise click.UsageError("give ARCH and DATASET, or --resume ID")
        return
    specified = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if specified - {"resume", "strict", "as_json", *CLUSTER_NAMES, *EXTENSION_NAMES}:
        raise click.UsageError(
            "--resume takes only --trials, --max-time, --target, --strict, --json and the options of Ray beside it: "
            "the search remembers the rest"
        )
