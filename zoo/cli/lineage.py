"""`zoo lineage`: which models a model comes from, and which come from it."""

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

# How a child was trained: what is always told of it, and what is told where it is not what it usually is.
ALWAYS = ("freeze", "schedule", "learning_rate")
UNUSUAL = ("head_epochs", "unfreeze_epochs", "unfreeze_rate", "layer_decay", "warmup_epochs", "batchnorm")
INDENT = 4  # columns that rich draws before each generation
LABEL = 60  # columns that a label has at least, so that no id is cut
FRAMES = 10  # of Python's stack, at most, for a generation in JSON


@click.command()
@click.argument("ref", metavar="REF")
@json_option
@pass_app
def command(app: App, ref: str, as_json: bool) -> None:
    """Draw the tree of models that REF comes from and that come from it.

    REF is an id, the start of one, DATASET@best or DATASET@ALIAS; a run stands for its model, a search for its best.
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
    """The generation of each, counted from 0, and itself; parents before their children."""
    waiting = [(0, oldest)]
    while waiting:
        generation, one = waiting.pop()
        yield generation, one
        waiting += [(generation + 1, child) for child in reversed(one.children)]


def _generations(oldest: Lineage) -> int:
    return max(generation for generation, _ in _walk(oldest))


def _drawn(oldest: Lineage) -> Tree:
    tree = Tree(_label(oldest), guide_style="dim")
    line = [tree]
    for generation, one in _walk(oldest):
        if generation:
            line = [*line[:generation], line[generation - 1].add(_label(one))]
    return tree


def _label(one: Lineage) -> Text:
    name = one.model_id or (f"run {one.run.id}" if one.run else "")
    text = Text("● " if one.asked else "", style="bold" if one.asked else "dim" if one.deleted else "")
    text.append("  ".join((f"{name} (deleted)" if one.deleted else name, *_told(one))))
    return text


def _told(one: Lineage) -> Iterator[str]:
    run = one.run
    if run is None:
        return
    yield run.plan.architecture
    yield f"{run.dataset} v{run.dataset_version}"
    yield _made(run)
    if one.model_id is None:
        yield run.state
    for split in ("val", "test"):
        if f"{split}_accuracy" in one.metrics:
            yield f"{split} {one.metrics[f'{split}_accuracy']:.4f}"
    yield from (f"{run.dataset}@{alias}" for alias in one.aliases)


def _made(run: Run) -> str:
    """How: by a training, a search, a fine-tuning; of a child also with what frozen, and on which schedule."""
    how: str = run.plan.kind
    if run.plan.kind is RunKind.TRIAL:
        how = f"trial {run.trial.number if run.trial else ''} of search {run.search_id}"
    if run.plan.parent_id is None:
        return how
    usual = {name: OWN[name].default for name in UNUSUAL if name in OWN}
    values = {name: run.plan.hyperparameters.get(name, usual.get(name)) for name in (*ALWAYS, *UNUSUAL)}
    told = {name: value for name, value in values.items() if value != usual.get(name)}
    return f"{how} {pairs(told)}".rstrip()
