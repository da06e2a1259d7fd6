"""`zoo architectures`: what can be trained."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import pairs, print_fields, print_json, print_table

if TYPE_CHECKING:
    from zoo.interfaces import Architecture


@click.command()
@click.argument("name", metavar="[ARCH]", required=False)
@json_option
@pass_app
def command(app: App, name: str | None, as_json: bool) -> None:
    """List the architectures that plugins bring, or show one with its presets."""
    if name is not None:
        _show(app, app.plugins.architecture(name), as_json=as_json)
        return
    architectures = sorted(app.plugins.architectures.values(), key=lambda one: one.name)
    if as_json:
        print_json([_document(app, one) for one in architectures])
        return
    rows = [
        (
            one.name,
            f"≥ {one.min_size}" if one.default_size is None else f"{one.default_size} (≥ {one.min_size})",
            one.summary,
            ", ".join(one.presets),
            app.plugins.provider(one.name).provenance,
        )
        for one in architectures
    ]
    columns = ["architecture", "pixels a side", "summary", "presets", "from"]
    print_table(columns, rows, empty="no architectures: no plugin is loaded, see `zoo plugins`")


def _document(app: App, architecture: Architecture) -> dict[str, object]:
    """All but the backbone, which is code."""
    fields = {field.name: getattr(architecture, field.name) for field in dataclasses.fields(architecture)}
    del fields["backbone"]
    return {**fields, "plugin": app.plugins.provider(architecture.name).provenance}


def _show(app: App, architecture: Architecture, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(app, architecture))
        return
    print_fields(
        {
            "architecture": f"{architecture.name}, version {architecture.version}",
            "summary": architecture.summary,
            "reference": architecture.reference,
            "from": app.plugins.provider(architecture.name).provenance,
            "pixels a side": f"{architecture.default_size or 'those of the dataset'}, at least {architecture.min_size}",
            "channels": architecture.channels or "1 or 3",
            "weights": ", ".join(architecture.weights),
            "freeze points": ", ".join(architecture.freeze_points),
            **{f"preset {preset}": pairs(values) for preset, values in architecture.presets.items()},
        }
    )
