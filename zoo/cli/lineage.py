"""`zoo lineage`: the ancestors and descendants of a model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from rich.text import Text
from rich.tree import Tree

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_trimmed
from zoo.display.tables import pairs
from zoo.interfaces import RunKind
from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Lineage, Run

# Hyperparameters of a child: shown always, and shown if they differ from the defaults.
ALWAYS = ("freeze", "schedule", "learning_rate")
UNUSUAL = ("head_epochs", "unfreeze_epochs", "unfreeze_rate", "layer_decay", "warmup_epochs", "batchnorm")
INDENT = 4  # columns that rich draws before each generation
LABEL = 60  # minimum number of columns of a label, so that no id is cut
FRAMES = 10  # of Python's stack, at most, for a generation in JSON


@click.command()
@click.argument("ref", metavar="REF")
@json_option
@pass_app
def command(app: App, ref: str, as_json: bool) -> None:
    """Draw the tree of the ancestors and descendants of REF.

    REF is an id or a prefix of one, DATASET@best or DATASET@ALIAS; a run stands for its model, a search for its best.
    It is marked with ●. Below a model are those that were fine-tuned from it.
    """
    with app.open_registry() as registry:
        lineage = registry.lineage(ref)
    if as_json:
        sys.setrecursionlimit(sys.getrecursionlimit() + FRAMES * _generations(lineage))
        print_json(lineage)
    else:
        print_trimmed(_drawn(lineage), least=INDENT * _generations(lineage) + LABEL)


def _walk(oldest: Lineage) -> Iterator[tuple[int, Lineage]]:
    """Yield the generation of each node, counted from 0, and the node; parents before their children."""
    stack = [(0, oldest)]
    while stack:
        generation, node = stack.pop()
        yield generation, node
        stack += [(generation + 1, child) for child in reversed(node.children)]


def _generations(oldest: Lineage) -> int:
    return max(generation for generation, _ in _walk(oldest))


def _drawn(oldest: Lineage) -> Tree:
    tree = Tree(_label(oldest), guide_style="dim")
    line = [tree]
    for generation, node in _walk(oldest):
        if generation:
            line = [*line[:generation], line[generation - 1].add(_label(node))]
    return tree


def _label(node: Lineage) -> Text:
    name = node.model_id or (f"run {node.run.id}" if node.run else "")
    text = Text("● " if node.asked else "", style="bold" if node.asked else "dim" if node.deleted else "")
    text.append("  ".join((f"{name} (deleted)" if node.deleted else name, *_details(node))))
    return text


def _details(node: Lineage) -> Iterator[str]:
    run = node.run
    if run is None:
        return
    yield run.plan.architecture
    yield f"{run.dataset} v{run.dataset_version}"
    yield _training_of(run)
    if node.model_id is None:
        yield run.state
    for split in ("val", "test"):
        if f"{split}_accuracy" in node.metrics:
            yield f"{split} {node.metrics[f'{split}_accuracy']:.4f}"
    yield from (f"{run.dataset}@{alias}" for alias in node.aliases)


def _training_of(run: Run) -> str:
    """Return the kind of its run; of a child also the frozen layers, the schedule and unusual hyperparameters."""
    how: str = run.plan.kind
    if run.plan.kind is RunKind.TRIAL:
        how = f"trial {run.trial.number if run.trial else ''} of search {run.search_id}"
    if run.plan.parent_id is None:
        return how
    usual = {name: OWN[name].default for name in UNUSUAL if name in OWN}
    values = {name: run.plan.hyperparameters.get(name, usual.get(name)) for name in (*ALWAYS, *UNUSUAL)}
    settings = {name: value for name, value in values.items() if value != usual.get(name)}
    return f"{how} {pairs(settings)}".rstrip()
