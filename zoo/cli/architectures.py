"""`zoo architectures`: the architectures that can be trained."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_fields, print_json, print_table
from zoo.display.tables import pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.cli.spaces import SpaceEntry
    from zoo.interfaces import Architecture
    from zoo.workflows.architectures import BuiltArchitecture

CODE = ("backbone", "custom_layers", "fetch_weights", "adapt")
"""Fields of an architecture that are functions."""


@click.command()
@click.argument("name", metavar="[ARCH]", required=False)
@json_option
@pass_app
def command(app: App, name: str | None, as_json: bool) -> None:
    """List the architectures of all plugins, or show one with its search space.

    An architecture is built when it is shown for the first time, which takes some seconds; the result is cached.
    """
    if name is not None:
        _show(app, app.plugins.architecture(name), as_json=as_json)
        return
    architectures = sorted(app.plugins.architectures.values(), key=_by_name)
    if as_json:
        print_json([_document(app, architecture) for architecture in architectures])
    else:
        _print_list(app, architectures)


def _print_list(app: App, architectures: Sequence[Architecture]) -> None:
    rows = [
        (
            each.name,
            _sizes(each),
            each.summary,
            ", ".join(each.presets),
            app.plugins.provider(each.name).provenance,
        )
        for each in architectures
    ]
    columns = ["architecture", "pixels a side", "summary", "presets", "from"]
    empty = "no architectures: no plugin is loaded, see `zoo plugins`"
    print_table(columns, rows, empty=empty, prose=("summary", "presets"))


def _sizes(architecture: Architecture) -> str:
    """Return `224 (≥ 32)`, `≥ 16, step 16` or `224`."""
    sizes, default = architecture.image_sizes.brief, architecture.default_size
    return sizes if default is None or sizes == str(default) else f"{default} ({sizes})"


def _by_name(architecture: Architecture) -> list[str]:
    """Return a key for natural sorting: resnet50 before resnet101."""
    return [part.zfill(6) if part.isdigit() else part for part in re.split(r"(\d+)", architecture.name)]


def _document(app: App, architecture: Architecture) -> dict[str, object]:
    """Return all fields that are not code."""
    names = [field.name for field in dataclasses.fields(architecture) if field.name not in CODE]
    fields = {name: getattr(architecture, name) for name in names}
    return {
        **fields,
        "sizes": architecture.image_sizes,
        "plugin": app.plugins.provider(architecture.name).provenance,
    }


def _show(app: App, architecture: Architecture, *, as_json: bool) -> None:
    from zoo.cli.spaces import entries_of
    from zoo.interfaces.spaces import Space
    from zoo.workflows.architectures import built_architecture

    built = built_architecture(architecture, app.plugins.provider(architecture.name).provenance)
    entries = entries_of(Space.from_config(built.space))
    if as_json:
        size = {"image_size": built.image_size, "parameters": built.parameters}
        described = {**size, "hyperparameters": entries, "error": built.error}
        print_json({**_document(app, architecture), "built": described})
        return
    print_fields(_fields(app, architecture, built))
    click.echo()
    rows = [
        (entry.name, _value(entry.default), entry.searched or "not searched", _note(entry))
        for entry in sorted(entries, key=lambda entry: entry.own)
    ]
    empty = f"its hyperparameters are not known: {built.error}"
    print_table(["hyperparameter", "default", "searched over", "note"], rows, empty=empty, prose=("note",))


def _fields(app: App, architecture: Architecture, built: BuiltArchitecture) -> dict[str, object]:
    return {
        "architecture": f"{architecture.name}, version {architecture.version}",
        "summary": architecture.summary,
        "reference": architecture.reference,
        "from": app.plugins.provider(architecture.name).provenance,
        "pixels a side": f"{architecture.default_size or 'those of the dataset'}, {architecture.image_sizes}",
        "channels": architecture.channels or "1 or 3",
        "dtype policy": architecture.dtype_policy,
        "parameters": _parameters(built),
        "weights": ", ".join([*architecture.weights, "a file or folder"]) if architecture.weights else None,
        "freeze points": ", ".join(architecture.freeze_points),
        **{f"preset {preset}": pairs(values) for preset, values in architecture.presets.items()},
    }


def _parameters(built: BuiltArchitecture) -> str | None:
    """Return the number of the backbone's parameters; the head depends on the dataset."""
    if built.parameters is None:
        return None
    return f"{built.parameters:,} before the head, at {built.image_size}×{built.image_size}"


def _note(entry: SpaceEntry) -> str:
    return f"only with {entry.condition}" if entry.condition else entry.summary


def _value(default: object) -> str:
    return "''" if default == "" else f"{default}"
