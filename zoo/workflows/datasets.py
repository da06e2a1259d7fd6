"""Opens, names and records datasets, and detects changes. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from zoo.data.sources import open_dataset
from zoo.data.units import counted
from zoo.errors import DatasetError
from zoo.interfaces import DatasetContent

if TYPE_CHECKING:
    from collections.abc import Collection

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import DatasetVersion, Progress, SkippedFile
    from zoo.plugins import Plugins
    from zoo.registry import Registry

NAMED_SKIPS = 3
NAME = re.compile(r"\w[\w.-]*")


def open_images(plugins: Plugins, registry: Registry | None, ref: str, progress: Progress) -> OpenedDataset:
    """Open a dataset by its name or path: find and fingerprint its images.

    Args:
        registry: None if it does not exist yet.

    Raises:
        ZooError: it cannot be found, or its images cannot be read; see `zoo.data.sources.open_dataset`.
    """
    recorded = {} if registry is None else registry.dataset_sources()
    return open_dataset(ref, plugins.datasets, plugins.formats, recorded, progress)


def add_dataset(
    plugins: Plugins, registry: Registry, name: str, ref: str, progress: Progress, *, replace: bool = False
) -> DatasetVersion:
    """Record a dataset under a name of the user's choice.

    Args:
        replace: reuse the name of another dataset; this one becomes its next version.

    Raises:
        DatasetError: the name is that of a plugin's dataset, or is invalid.
        RegistryError: another dataset has the name.
    """
    if name in plugins.datasets:
        raise DatasetError(f"the name '{name}' is that of a plugin's dataset: choose another name")
    if not NAME.fullmatch(name):
        raise DatasetError(
            f"'{name}' cannot name a dataset: use letters, digits, '.', '_' and '-', beginning with a letter or digit"
        )
    opened = open_images(plugins, registry, ref, progress)
    for notice in opened.notices:
        progress.notice(notice)
    content = dataclasses.replace(content_of(opened), name=name)
    return registry.add_dataset(content, replace=replace)


def content_of(opened: OpenedDataset) -> DatasetContent:
    """Return what the registry records about it."""
    return DatasetContent(
        name=opened.name,
        source=opened.source,
        fingerprint=opened.fingerprint,
        class_names=opened.images.class_names,
        counts=opened.counts,
    )


def versions_of(registry: Registry, opened: OpenedDataset) -> list[DatasetVersion]:
    """Return the recorded versions of a dataset, oldest first: those of its name, or else of its source."""
    sources = registry.dataset_sources()
    from_here = [name for name, source in sources.items() if source == opened.source]
    name = opened.name if opened.name in from_here else next(iter(from_here), None)
    return [version for version in registry.datasets() if version.name == name]


def change_of(registry: Registry, opened: OpenedDataset) -> str:
    """Return a notice if the content is not that of the newest version; an empty string if it is, or there is none."""
    versions = versions_of(registry, opened)
    if not versions or versions[-1].fingerprint == opened.fingerprint:
        return ""
    newest = versions[-1]
    then = f"{newest.created_at.astimezone():%Y-%m-%d %H:%M}"
    return (
        f"{newest.name} has changed since version {newest.version} of {then}: "
        f"{newest.images:,} images then, {len(opened.digests):,} now"
    )


def names_taken(plugins: Plugins, opened: OpenedDataset) -> Collection[str]:
    """Return the names of plugins' datasets, under which another dataset cannot be recorded."""
    return () if opened.source.startswith("plugin ") else tuple(plugins.datasets)


def describe_skipped(skipped: tuple[SkippedFile, ...]) -> str:
    """Return one line with the number of skipped files, and the first ones with the reason."""
    named = ", ".join(f"{file.path} ({file.reason})" for file in skipped[:NAMED_SKIPS])
    more = f" and {len(skipped) - NAMED_SKIPS} more" if len(skipped) > NAMED_SKIPS else ""
    return f"skipped {counted(len(skipped), 'file')}: {named}{more}"
