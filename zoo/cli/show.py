"""`zoo show`: shows the details of a model, a run or a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import model_fields
from zoo.cli.layers_table import show_layers
from zoo.cli.options import json_option
from zoo.cli.output import print_fields, print_json, print_table
from zoo.cli.settings import run_settings, search_settings
from zoo.display.search_table import (
    range_of,
    reason_of,
    sparkline,
    with_origin,
)
from zoo.display.tables import pairs
from zoo.interfaces import Model, Objective, Run, Search, State
from zoo.interfaces.metrics import as_shown, epoch_columns
from zoo.interfaces.pareto import pareto_front
from zoo.interfaces.spaces import Space
from zoo.registry import resume_command

if TYPE_CHECKING:
    from zoo.interfaces import CandidatePlan
    from zoo.registry import Registry


@click.command()
@click.argument("ref", metavar="REF")
@click.option(
    "--layers", is_flag=True, help="Show a model's layers, which --freeze can name, and N for --freeze N."
)
@json_option
@pass_app
def command(app: App, ref: str, layers: bool, as_json: bool) -> None:
    """Show one model, run or search.

    REF is an id or a prefix of one, DATASET@best or DATASET@ALIAS.
    """
    with app.open_registry() as registry:
        record = registry.find(ref)
        if layers:
            show_layers(registry, record, as_json=as_json)
        elif as_json:
            print_json(_document(registry, record))
        elif isinstance(record, Model):
            _show_model(registry, record)
        elif isinstance(record, Run):
            _show_run(registry, record)
        else:
            _show_search(registry, record)


def _document(registry: Registry, record: Model | Run | Search) -> dict[str, object]:
    if isinstance(record, Model):
        return {"model": record, "run": registry.run(record.run_id), "metrics": registry.metrics(record.id)}
    if isinstance(record, Run):
        return {"run": record, "epochs": registry.epochs(record.id)}
    return {"search": record, "trials": registry.runs(search=record.id)}


def _show_model(registry: Registry, model: Model) -> None:
    fields = {**model_fields(model), "made": model.created_at, "weights": f"sha256:{model.manifest}"}
    children = [child.id for child in registry.children(model.id)]
    if children:
        fields["children"] = ", ".join(children)
    print_fields(fields)
    click.echo()
    _show_run(registry, registry.run(model.run_id))
    click.echo()
    rows = [
        (f"{metric.dataset} v{metric.version}", metric.split, metric.name, metric.value)
        for metric in registry.metrics(model.id)
    ]
    print_table(["dataset", "split", "metric", "value"], rows, empty="no metrics")


def _show_run(registry: Registry, run: Run) -> None:
    plan = run.plan
    print_fields(
        {
            "run": run.id,
            "kind": plan.kind,
            "state": run.state,
            **({"continue with": resume_command(registry, run)} if run.state is State.INTERRUPTED else {}),
            "architecture": f"{_named(plan.candidate)}, from {plan.candidate.plugin}",
            "dataset": f"{run.dataset}, version {run.dataset_version}",
            "search": run.search_id and f"{run.search_id}, trial {run.trial.number if run.trial else ''}",
            "parent": plan.parent_id,
            "started": run.started_at,
            "finished": run.finished_at,
            "hyperparameters": pairs(plan.hyperparameters),
            "settings": pairs(run_settings(plan)),
            "environment": pairs(plan.environment),
            "error": run.error,
        }
    )
    epochs = registry.epochs(run.id)
    if epochs:
        click.echo()
        columns = epoch_columns(epochs[0].metrics)
        rows = [
            (epoch.number, *(epoch.metrics[name] for name in columns), f"{epoch.seconds:.1f}")
            for epoch in epochs
        ]
        print_table(["epoch", *columns, "seconds"], rows, empty="", right=["seconds"])


def _show_search(registry: Registry, search: Search) -> None:
    plan = search.plan
    origins = ", ".join(dict.fromkeys(candidate.plugin for candidate in plan.candidates))
    resumable = search.state not in (State.COMPLETED, State.RUNNING)
    print_fields(
        {
            "search": search.id,
            "state": search.state,
            **({"continue with": resume_command(registry, search)} if resumable else {}),
            "architecture": f"{', '.join(map(_named, plan.candidates))}, from {origins}",
            "dataset": f"{search.dataset}, version {search.dataset_version}",
            "algorithm": f"{plan.algorithm}, seed {plan.seed}",
            "objective": ", ".join(
                f"{objective.name} ({objective.direction})" for objective in plan.objectives
            ),
            "fixed": pairs(plan.fixed),
            "settings": pairs(search_settings(plan)),
            "started": search.started_at,
            "finished": search.finished_at,
            "best model": search.best_model_id,
            "error": search.error,
        }
    )
    click.echo()
    _print_trials(registry, search)


def _named(candidate: CandidatePlan) -> str:
    return f"{candidate.architecture} {candidate.version}"


def _print_trials(registry: Registry, search: Search) -> None:
    plan, runs = search.plan, registry.runs(search=search.id)
    searched = Space.from_config(plan.space).searched_names
    columns: dict[str, list[object]] = {
        "trial": [run.trial.number if run.trial else None for run in runs],
        "state": [run.state for run in runs],
        **{objective.name: [_score(run, objective) for run in runs] for objective in plan.objectives},
    }
    if len(plan.objectives) > 1:
        front = {run.id for run in pareto_front(runs, plan.objectives)}
        columns["front"] = ["●" if run.id in front else " " for run in runs]
    curves = [[epoch.metrics[plan.monitor.name] for epoch in registry.epochs(run.id)] for run in runs]
    low, high = range_of(curves)
    columns["curve"] = [sparkline(curve, low, high) for curve in curves]
    columns["model"] = [run.model_id for run in runs]
    columns["hyperparameters"] = [with_origin(run, searched) for run in runs]
    if any(run.error for run in runs):
        columns["why"] = [reason_of(run) for run in runs]
    print_table([*columns], zip(*columns.values(), strict=True), empty="no trials")


def _score(run: Run, objective: Objective) -> float | int | None:
    return as_shown(objective.name, run.scores[objective.name]) if objective.name in run.scores else None
