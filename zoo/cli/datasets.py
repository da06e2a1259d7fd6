"""`zoo datasets`: the datasets of plugins, and those in the registry."""

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
    """List the datasets of plugins and those in the registry.

    Any folder with one subfolder of images per class is a dataset too: give its path, or name it with `zoo data
    add`.
    """
    rows = [
        {
            "dataset": dataset.name,
            "summary": dataset.summary,
            "source": f"plugin {dataset.name}",
            "reference": dataset.reference,
        }
        for dataset in sorted(app.plugins.datasets.values(), key=lambda dataset: dataset.name)
    ]
    described = {row["source"] for row in rows}
    rows += [_row(version) for version in _newest(app) if version.source not in described]
    if as_json:
        print_json(rows)
        return
    columns = ["dataset", "summary", "source", "reference"]
    print_table(columns, [tuple(row.values()) for row in rows], empty="no datasets", prose=("summary",))


def _newest(app: App) -> list[DatasetVersion]:
    """Return the newest version of each dataset in the registry; nothing if there is no registry."""
    with app.find_registry() as registry:
        recorded = registry.datasets() if registry else []
    newest = {version.name: version for version in sorted(recorded, key=lambda version: version.version)}
    return [newest[name] for name in sorted(newest)]


def _row(version: DatasetVersion) -> dict[str, str]:
    return {
        "dataset": version.name,
        "summary": f"{version.images:,} images in {len(version.class_names)} classes, version {version.version}",
        "source": version.source,
        "reference": "",
    }
