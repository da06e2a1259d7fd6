"""`zoo show MODEL --layers`: what there is to freeze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.cli.output import print_json, print_table
from zoo.errors import NotFoundError
from zoo.interfaces import Model, Run, Search

if TYPE_CHECKING:
    from zoo.registry import Registry

# What a narrow terminal has no room for is left out from the right.
COLUMNS = ("index", "name", "point", "parameters", "frozen", "N", "type")


def show_layers(registry: Registry, found: Model | Run | Search, *, as_json: bool) -> None:
    """Print a model's layers, those of the pixels first.

    Raises:
        NotFoundError: it is a run or a search, which has no layers.
        ArtifactError: the model's manifest is missing or damaged.
    """
    if not isinstance(found, Model):
        raise NotFoundError(_no_model(found))
    layers = registry.layers(found.id)
    if as_json:
        print_json({"model": found, "layers": layers})
        return
    rows = [
        (one.index, one.name, one.stage, one.parameters, one.frozen, one.number, one.type) for one in layers
    ]
    print_table(COLUMNS, rows, empty="no layers")


def _no_model(found: Run | Search) -> str:
    is_run = isinstance(found, Run)
    made = found.model_id if isinstance(found, Run) else found.best_model_id
    return f"{found.id} is a {'run' if is_run else 'search'}, --layers is for a model: " + (
        f"zoo show {made} --layers" if made else "`zoo models` lists them"
    )
