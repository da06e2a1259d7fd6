"""`zoo show MODEL --layers`: the layers of a model, to choose a value of `--freeze`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.cli.output import print_json, print_table
from zoo.errors import NotFoundError
from zoo.interfaces import Model, Run, Search

if TYPE_CHECKING:
    from zoo.registry import Registry

# A narrow terminal leaves out columns from the right.
COLUMNS = ("index", "name", "point", "parameters", "frozen", "N", "type")


def show_layers(registry: Registry, record: Model | Run | Search, *, as_json: bool) -> None:
    """Print a model's layers, those of the pixels first.

    Raises:
        NotFoundError: it is a run or a search, which has no layers.
        ArtifactError: the model's manifest is missing or damaged.
    """
    if not isinstance(record, Model):
        raise NotFoundError(_no_model(record))
    layers = registry.layers(record.id)
    if as_json:
        print_json({"model": record, "layers": layers})
        return
    rows = [
        (layer.index, layer.name, layer.stage, layer.parameters, layer.frozen, layer.number, layer.type)
        for layer in layers
    ]
    print_table(COLUMNS, rows, empty="no layers")


def _no_model(record: Run | Search) -> str:
    is_run = isinstance(record, Run)
    model_id = record.model_id if isinstance(record, Run) else record.best_model_id
    return f"{record.id} is a {'run' if is_run else 'search'}, --layers is for a model: " + (
        f"zoo show {model_id} --layers" if model_id else "`zoo models` lists them"
    )
