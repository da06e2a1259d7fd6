"""`zoo datasets`: what can be trained on, and what has been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option
from zoo.cli.output import print_json, print_table

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion


@click.command()
@json_option
@pass_app
def command(app: App, as_json: bool) -> None:
    """List the datasets of plugins and the folders seen so far.

    Any folder with one subfolder of images per class is a dataset too: give its path.
    """
    rows = [
        {
            "dataset": one.name,
            "summary": one.summary,
            "source": f"plugin {one.name}",
            "reference": one.reference,
        }
        for one in sorted(app.plugins.datasets.values(), key=lambda one: one.name)
    ]
    brought = {row["source"] for row in rows}
    rows += [_row(version) for version in _newest(app) if version.source not in brought]
    if as_json:
        print_json(rows)
        return
    columns = ["dataset", "summary", "source", "reference"]
    print_table(columns, [tuple(row.values()) for row in rows], empty="no datasets")


def _newest(app: App) -> list[DatasetVersion]:
    """The newest version of each dataset in the registry; none where there is no registry yet."""
    from zoo.registry.database import locate
    from zoo.registry.registry import DEFAULT_REGISTRY

    registry_file = locate(app.registry or DEFAULT_REGISTRY).path
    if registry_file is not None and not registry_file.exists():
        return []
    with app.open_registry() as registry:
        newest = {
            version.name: version for version in sorted(registry.datasets(), key=lambda one: one.version)
        }
    return [newest[name] for name in sorted(newest)]


def _row(version: DatasetVersion) -> dict[str, str]:
    images = sum(sum(classes.values()) for classes in version.counts.values())
    return {
        "dataset": version.name,
        "summary": f"{images:,} images in {len(version.class_names)} classes, version {version.version}",
        "source": version.source,
        "reference": "",
    }
