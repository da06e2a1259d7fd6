"""`zoo compare`: models side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.describe import leakage_note
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table
from zoo.cli.settings import run_settings
from zoo.data.units import bytes_in_words
from zoo.display.tables import console
from zoo.errors import NotFoundError
from zoo.interfaces import Model, Run
from zoo.interfaces.metrics import compared_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zoo.registry import Registry


@dataclass(frozen=True)
class Compared:
    """A model with the run that made it, and how long that took.

    Args:
        epochs: how many were trained.
        seconds: that these epochs took.
    """

    model: Model
    run: Run
    epochs: int
    seconds: float


@click.command()
@click.argument("refs", metavar="REF REF…", nargs=-1, required=True)
@json_option
@pass_app
def command(app: App, refs: tuple[str, ...], as_json: bool) -> None:
    """Show models side by side.

    How good they are, how large, how long they took, and where their hyperparameters differ. REF is an id, the
    start of one, DATASET@best or DATASET@ALIAS. A run stands for its model, a search for its best.
    """
    with app.open_registry() as registry:
        compared = [_look_up(registry, ref) for ref in refs]
    if as_json:
        print_json(compared)
        return
    rows = [*_results(compared), *_differences(compared)]
    print_table(["model", *(one.model.id for one in compared)], rows, empty="")
    datasets = dict.fromkeys(f"{one.model.dataset} v{one.model.dataset_version}" for one in compared)
    if len(datasets) > 1:
        told = f"measured on different images ({', '.join(datasets)}): see zoo evaluate"
        console(stderr=True).print(told)
    if note := leakage_note(one.model for one in compared):
        console(stderr=True).print(note)


def _look_up(registry: Registry, ref: str) -> Compared:
    found = registry.find(ref)
    if not isinstance(found, Model):
        made = found.model_id if isinstance(found, Run) else found.best_model_id
        if made is None:
            raise NotFoundError(f"{found.id} made no model to compare: see zoo show {found.id}")
        found = registry.model(made)
    epochs = registry.epochs(found.run_id)
    return Compared(found, registry.run(found.run_id), len(epochs), sum(epoch.seconds for epoch in epochs))


def _results(compared: Sequence[Compared]) -> Iterator[tuple[object, ...]]:
    models = [one.model for one in compared]
    yield ("architecture", *(model.architecture for model in models))
    yield ("dataset", *(f"{model.dataset} v{model.dataset_version}" for model in models))
    yield ("parent", *(model.parent_id for model in models))
    for metric in compared_metrics():
        for split in ("val", "test"):
            yield (f"{split} {metric}", *(model.metrics.get(f"{split}_{metric}") for model in models))
    yield ("parameters", *(model.parameters for model in models))
    yield ("trainable", *(model.trainable_parameters for model in models))
    yield ("size", *(bytes_in_words(model.size_bytes) for model in models))
    yield ("epochs", *(one.epochs for one in compared))
    yield ("seconds", *(f"{one.seconds:.1f}" for one in compared))


def _differences(compared: Sequence[Compared]) -> Iterator[tuple[object, ...]]:
    """Hyperparameters and settings that are not the same for all."""
    chosen = [{**run_settings(one.run.plan), **one.run.plan.hyperparameters} for one in compared]
    for name in dict.fromkeys(name for values in chosen for name in values):
        values = [values.get(name) for values in chosen]
        if any(value != values[0] for value in values):
            yield (name, *(f"{value:.3g}" if isinstance(value, float) else value for value in values))
