"""A dataset becomes images ready for a network: at which size, decoded, and known to the registry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.cache import decode_dataset
from zoo.data.sources import natural_channels, natural_size
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.data.sources import OpenedDataset
    from zoo.interfaces import Architecture, DatasetVersion, Model, SkippedFile
    from zoo.workflows.workspace import Workspace

NAMED_SKIPS = 3


@dataclass(frozen=True)
class InputShape:
    """What a network takes: pixels a side, and 1 or 3 channels."""

    image_size: int
    channels: int

    def __str__(self) -> str:
        return f"{self.image_size}×{self.image_size} {'RGB' if self.channels == 3 else 'grayscale'}"


@dataclass(frozen=True, eq=False)
class Images:
    """A dataset ready for a network: decoded, and known to the registry."""

    decoded: DecodedDataset
    version: DatasetVersion


def prepare(workspace: Workspace, opened: OpenedDataset, shape: InputShape) -> Images:
    """Decode the dataset, or take it from the cache, and record its version; tells what was skipped."""
    decoded = decode_dataset(
        opened, shape.image_size, shape.channels, strict=workspace.strict, progress=workspace.progress
    )
    for notice in decoded.notices:
        workspace.progress.notice(notice)
    if decoded.skipped:
        workspace.progress.notice(describe_skipped(decoded.skipped))
    version = workspace.registry.record_dataset(
        name=opened.name,
        source=opened.source,
        fingerprint=opened.fingerprint,
        class_names=decoded.class_names,
        counts=decoded.counts,
    )
    if version.name != opened.name:
        workspace.progress.notice(f"called {version.name} here: {opened.name} is another dataset")
    if opened.source == f"plugin {opened.name}" and Path(opened.name).is_dir():
        workspace.progress.notice(
            f"{opened.name} is the plugin's dataset; for the folder write ./{opened.name}"
        )
    return Images(decoded, version)


def shape_for(
    workspace: Workspace, architecture: Architecture, opened: OpenedDataset, requested: int | None
) -> InputShape:
    """The size and the channels that the architecture and the dataset agree on; tells what changes.

    Args:
        requested: pixels a side that the user asks for.
    """
    own_size, own_channels = natural_size(opened), natural_channels(opened)
    wanted = requested or architecture.default_size or own_size
    size, channels = max(wanted, architecture.min_size), architecture.channels or own_channels
    if size != own_size and not requested:
        verb = "enlarged" if size > own_size else "reduced"
        why = "the least" if size == architecture.min_size else "what"
        workspace.progress.notice(
            f"images of {own_size}×{own_size} are {verb} to {size}×{size}, {why} {architecture.name} takes"
        )
    elif size > wanted:
        workspace.progress.notice(
            f"image size {wanted} is raised to {size}, the least {architecture.name} takes"
        )
    if channels != own_channels:
        workspace.progress.notice(
            f"images become {'RGB' if channels == 3 else 'grayscale'} for {architecture.name}"
        )
    return InputShape(size, channels)


def shape_of(workspace: Workspace, model: Model, opened: OpenedDataset) -> InputShape:
    """What a trained model takes; tells where the dataset's images are otherwise."""
    shape = InputShape(model.image_size, model.channels)
    if InputShape(natural_size(opened), natural_channels(opened)) != shape:
        workspace.progress.notice(f"images become {shape}, as model {model.id} takes them")
    return shape


def refuse_unknown_classes(opened: OpenedDataset, class_names: tuple[str, ...]) -> None:
    """Refuse a dataset with a class that is not among these, which a model knows."""
    unknown = [name for name in opened.images.class_names if name not in class_names]
    if unknown:
        more = " …" if len(class_names) > 8 else ""
        raise DatasetError(
            f"the model does not know {', '.join(unknown[:5])} of dataset '{opened.name}': its classes are "
            f"{', '.join(class_names[:8])}{more}; fine-tune it on the dataset first (`zoo finetune`)"
        )


def in_order_of(decoded: DecodedDataset, class_names: tuple[str, ...]) -> DecodedDataset:
    """The same images, their labels counted in the order of these class names, which hold all of theirs."""
    positions = np.array([class_names.index(name) for name in decoded.class_names])
    return replace(decoded, labels=positions[np.asarray(decoded.labels)], class_names=class_names)


def describe_skipped(skipped: tuple[SkippedFile, ...]) -> str:
    """One line: how many files were left out, and the first ones with the reason."""
    named = ", ".join(f"{file.path} ({file.reason})" for file in skipped[:NAMED_SKIPS])
    more = f" and {len(skipped) - NAMED_SKIPS} more" if len(skipped) > NAMED_SKIPS else ""
    return f"skipped {len(skipped)} {'file' if len(skipped) == 1 else 'files'}: {named}{more}"
