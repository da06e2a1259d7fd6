"""`zoo data show`: the content of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import dataset_argument, json_option
from zoo.cli.output import jsonable, print_fields, print_json, print_table
from zoo.data.units import counted
from zoo.interfaces import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import DatasetVersion


@click.command()
@dataset_argument
@json_option
@pass_app
def command(app: App, dataset: str, as_json: bool) -> None:
    """Show where DATASET comes from, its images by class and split, and its versions.

    Every image is read and hashed, to detect changes since it was last recorded.
    """
    from zoo.workflows.datasets import change_of, describe_skipped, versions_of

    with app.open_dataset(dataset) as (opened, registry):
        versions = versions_of(registry, opened) if registry else []
        change = change_of(registry, opened) if registry else ""
    if as_json:
        print_json(_document(opened, versions))
        return
    print_fields(_fields(opened, versions))
    click.echo()
    _print_counts(opened.counts)
    skipped = describe_skipped(opened.images.skipped) if opened.images.skipped else ""
    for notice in (*opened.notices, skipped, change):
        if notice:
            click.echo(f"\n{notice}")


def version_fields(version: DatasetVersion) -> dict[str, object]:
    """Return the fields of a recorded version."""
    return {
        "dataset": version.name,
        "source": version.source,
        "version": f"{version.version}, of {version.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "fingerprint": f"sha256:{version.fingerprint}",
        "images": f"{version.images:,} in {counted(len(version.class_names), 'class')}",
    }


def _fields(opened: OpenedDataset, versions: list[DatasetVersion]) -> dict[str, object]:
    from zoo.data.opened import natural_channels, natural_size

    size = natural_size(opened)
    return {
        "dataset": versions[-1].name if versions else opened.name,
        "source": opened.source,
        "version": _which(opened, versions),
        "fingerprint": f"sha256:{opened.fingerprint}",
        "images": f"{len(opened.digests):,} in {counted(len(opened.images.class_names), 'class')}",
        "read as": f"{size}×{size} {'RGB' if natural_channels(opened) == 3 else 'grayscale'}",
        "splits": "of the dataset" if opened.images.split else "by each image's own hash",
        "skipped": counted(len(opened.images.skipped), "file") if opened.images.skipped else None,
    }


def _which(opened: OpenedDataset, versions: list[DatasetVersion]) -> str:
    """Return which recorded version this content is."""
    of = {version.fingerprint: version for version in versions}.get(opened.fingerprint)
    if of is None:
        return f"none of the {len(versions)} recorded" if versions else "not recorded yet"
    others = f", one of {len(versions)}" if len(versions) > 1 else ""
    return f"{of.version}, of {of.created_at.astimezone():%Y-%m-%d %H:%M:%S}{others}"


def _print_counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Print a row for each class, and their sums."""
    names = list(counts[SPLITS[0]])
    rows = [(name, *(counts[split][name] for split in SPLITS)) for name in names]
    totals = [sum(counts[split].values()) for split in SPLITS]
    print_table(["class", *SPLITS], [*rows, ("all", *totals)], empty="no classes")


def _document(opened: OpenedDataset, versions: list[DatasetVersion]) -> dict[str, object]:
    from zoo.data.opened import natural_channels, natural_size
    from zoo.workflows.datasets import content_of

    document: dict[str, object] = {
        **jsonable(content_of(opened)),
        "image_size": natural_size(opened),
        "channels": natural_channels(opened),
        "brings_splits": opened.images.split is not None,
        "skipped": opened.images.skipped,
        "notices": opened.notices,
        "versions": versions,
    }
    return document
