"""`zoo compare`: shows models side by side."""

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
    """A model with its run.

    Args:
        epochs: the number of trained epochs.
        seconds: the time of these epochs.
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

    The table has their metrics, sizes and training times, and the hyperparameters that differ. REF is an id or a
    prefix of one, DATASET@best or DATASET@ALIAS. A run stands for its model, a search for its best.
    """
    with app.open_registry() as registry:
        compared = [_look_up(registry, ref) for ref in refs]
    if as_json:
        print_json(compared)
        return
    rows = [*_results(compared), *_differences(compared)]
    print_table(["model", *(entry.model.id for entry in compared)], rows, empty="")
    datasets = dict.fromkeys(f"{entry.model.dataset} v{entry.model.dataset_version}" for entry in compared)
    if len(datasets) > 1:
        notice = f"measured on different images ({', '.join(datasets)}): see zoo evaluate"
        console(stderr=True).print(notice)
    if note := leakage_note(entry.model for entry in compared):
        console(stderr=True).print(note)


def _look_up(registry: Registry, ref: str) -> Compared:
    record = registry.find(ref)
    if not isinstance(record, Model):
        model_id = record.model_id if isinstance(record, Run) else record.best_model_id
        if model_id is None:
            raise NotFoundError(f"{record.id} has no model to compare: see zoo show {record.id}")
        record = registry.model(model_id)
    epochs = registry.epochs(record.run_id)
    return Compared(record, registry.run(record.run_id), len(epochs), sum(epoch.seconds for epoch in epochs))


def _results(compared: Sequence[Compared]) -> Iterator[tuple[object, ...]]:
    models = [entry.model for entry in compared]
    yield ("architecture", *(model.architecture for model in models))
    yield ("dataset", *(f"{model.dataset} v{model.dataset_version}" for model in models))
    yield ("parent", *(model.parent_id for model in models))
    for metric in compared_metrics():
        for split in ("val", "test"):
            yield (f"{split} {metric}", *(model.metrics.get(f"{split}_{metric}") for model in models))
    yield ("parameters", *(model.parameters for model in models))
    yield ("trainable", *(model.trainable_parameters for model in models))
    yield ("size", *(bytes_in_words(model.size_bytes) for model in models))
    yield ("epochs trained", *(entry.epochs for entry in compared))
    yield ("seconds", *(f"{entry.seconds:.1f}" for entry in compared))


def _differences(compared: Sequence[Compared]) -> Iterator[tuple[object, ...]]:
    """Yield the hyperparameters and settings that differ."""
    chosen = [{**run_settings(entry.run.plan), **entry.run.plan.hyperparameters} for entry in compared]
    for name in dict.fromkeys(name for values in chosen for name in values):
        values = [values.get(name) for values in chosen]
        if any(value != values[0] for value in values):
            yield (name, *(f"{value:.3g}" if isinstance(value, float) else value for value in values))
