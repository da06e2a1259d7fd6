"""`zoo finetune`: continues to train a registered model."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.app import App
from zoo.cli.cluster_options import CLUSTER_NAMES, cluster_options, make_cluster
from zoo.cli.describe import model_fields
from zoo.cli.finetune_options import make_tuning, tuning_options
from zoo.cli.options import (
    check_resume_usage,
    freeze_option,
    given_on_command_line,
    image_size_option,
    json_option,
    keep_best_option,
    make_options,
    resume_run_option,
    set_option,
    training_options,
)
from zoo.cli.output import print_fields, print_json, print_table
from zoo.cli.search import show_search
from zoo.cli.search_options import SEARCH_NAMES, make_search_options, search_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zoo.interfaces import Model
    from zoo.workflows import FreezeResult, Workspace


@click.command()
@click.argument("model", metavar="MODEL", required=False)
@click.argument("dataset", metavar="DATASET", required=False)
@resume_run_option
@keep_best_option
@freeze_option
@tuning_options
@click.option(
    "--compare",
    is_flag=True,
    help="Train once for each value of --freeze A,B,…, and once from scratch.",
)
@click.option("--search", is_flag=True, help="Search freeze depth, schedule and learning rates.")
@search_options
@cluster_options
@training_options(epochs=10)
@image_size_option
@set_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    dataset: str | None,
    resume: str | None,
    keep_best: bool,
    freeze: str | None,
    tuning: dict[str, Any],
    compare: bool,
    search: bool,
    searching: dict[str, Any],
    cluster: dict[str, Any],
    training: dict[str, Any],
    strict: bool,
    image_size: int | None,
    hyperparameters: dict[str, str],
    as_json: bool,
) -> None:
    """Fine-tune MODEL on DATASET.

    Images are converted to the size and channels of the model, unless --image-size or --channels rebuild its network.
    Classes are matched by name. Activations of frozen layers are cached where that pays. With --search each trial is a
    run in the registry, as in `zoo search`; with --compare the results for several values of --freeze are shown in one
    table. A fine-tuning that was stopped, by Ctrl-C or a crash, continues with --resume after its last epoch.
    """
    _check_usage(ctx)
    options = make_options(training, image_size)
    request = make_tuning(tuning, hyperparameters, None if compare else freeze) | {"options": options}
    freezes = (freeze or "none,all").split(",") if compare else []
    if search:
        request |= {"search_options": make_search_options(searching), "cluster": make_cluster(cluster)}
    with App.of(ctx).open_workspace(strict=strict) as workspace:
        from zoo import workflows

        if resume is not None:
            tuned = workflows.resume_finetuning(workspace, resume, keep_best=keep_best)
            show: Callable[..., None] = partial(_show_tuned, tuned)
        else:
            names = str(model), str(dataset)
            show = _work(workspace, *names, request, freezes, search=search, keep_best=keep_best)
    show(as_json=as_json)  # after the live table has been closed


def _work(
    workspace: Workspace,
    model: str,
    dataset: str,
    request: dict[str, Any],
    freezes: Sequence[str],
    *,
    search: bool,
    keep_best: bool,
) -> Callable[..., None]:
    """Search, compare or fine-tune; return a function that shows the result."""
    from zoo import workflows
    from zoo.workflows import search as searches

    specified = request["hyperparameters"]
    size = request["options"].image_size
    opened = workflows.check_finetuning(
        workspace, model, dataset, hyperparameters=specified, freezes=freezes, image_size=size
    )
    if search:
        return partial(show_search, *searches.search_finetuning(workspace, model, opened, **request))
    if freezes:
        compared = workflows.compare_freezing(workspace, model, opened, freezes, **request)
        return partial(_show_compared, compared)
    tuned = workflows.finetune(workspace, model, opened, keep_best=keep_best, **request)
    return partial(_show_tuned, tuned)


def _check_usage(ctx: click.Context) -> None:
    check_resume_usage(ctx, "model", "dataset")
    specified = given_on_command_line(ctx)
    several = sorted({"search", "compare"} & specified)
    if several and "keep_best" in specified:
        raise click.UsageError(f"--keep-best is for a single training: leave it or --{several[0]} out")
    if {"search", "compare"} <= specified:
        raise click.UsageError("--search and --compare exclude each other")
    if "compare" in specified and "freeze" in ctx.params["hyperparameters"]:
        raise click.UsageError("--compare takes what it compares from --freeze: leave --set freeze out")
    if "compare" not in specified and re.fullmatch(r"[^:/]+(,[^:/]+)+", ctx.params["freeze"] or ""):
        raise click.UsageError("several --freeze with commas between are for --compare: give that too")
    alone = sorted(specified & {*SEARCH_NAMES, *CLUSTER_NAMES})
    if alone and "search" not in specified:
        raise click.UsageError(f"--{alone[0].replace('_', '-')} is for --search: give that too")


def _show_tuned(tuned: Model, *, as_json: bool) -> None:
    print_json(tuned) if as_json else print_fields(model_fields(tuned))


def _show_compared(results: Sequence[FreezeResult], *, as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    rows = [
        (
            result.way,
            result.model.metrics.get("val_accuracy"),
            result.model.metrics.get("test_accuracy"),
            result.model.trainable_parameters,
            f"{result.seconds:.1f}",
            result.model.id,
        )
        for result in results
    ]
    columns = ["freeze", "val acc", "test acc", "trainable", "seconds", "model"]
    print_table(columns, rows, empty="", right=["seconds"])
