"""Prepares the images of a dataset for a network: size and channels, decoding, check, and recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.cache import decode_dataset
from zoo.data.opened import natural_channels, natural_size
from zoo.errors import DatasetError, HyperparameterError
from zoo.workflows.checking import check_summary, describe_check
from zoo.workflows.datasets import change_of, content_of, describe_skipped, names_taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture, DatasetVersion, Model
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True)
class InputShape:
    """The shape of a network's images: pixels a side, and 1 or 3 channels."""

    image_size: int
    channels: int

    def __str__(self) -> str:
        return f"{self.image_size}×{self.image_size} {'RGB' if self.channels == 3 else 'grayscale'}"


@dataclass(frozen=True, eq=False)
class Images:
    """A dataset ready for a network: decoded, checked and recorded.

    Args:
        data_check: name of a check -> number of errors, if there are any.
    """

    decoded: DecodedDataset
    version: DatasetVersion
    data_check: Mapping[str, int]


def prepare(workspace: Workspace, opened: OpenedDataset, shape: InputShape) -> Images:
    """Decode the dataset, or read it from the cache, and record its version; show notices about its problems."""
    decoded = decode(workspace, opened, shape)
    for notice in decoded.notices:
        workspace.progress.notice(notice)
    if decoded.skipped:
        workspace.progress.notice(describe_skipped(decoded.skipped))
    version = record_version(workspace, opened, decoded)
    summary = check_summary(opened, decoded, workspace.progress)
    if warning := describe_check(version.name, summary):
        workspace.progress.notice(warning)
    return Images(decoded, version, summary)


def decode(workspace: Workspace, opened: OpenedDataset, shape: InputShape) -> DecodedDataset:
    """Return the dataset's images in this shape, from the cache if possible."""
    return decode_dataset(
        opened, shape.image_size, shape.channels, strict=workspace.strict, progress=workspace.progress
    )


def record_version(workspace: Workspace, opened: OpenedDataset, decoded: DecodedDataset) -> DatasetVersion:
    """Return the version of the dataset in the registry, a new one for new content; a notice shows changes."""
    registry = workspace.registry
    change = change_of(registry, opened)
    content = replace(content_of(opened), counts=decoded.counts)
    version = registry.record_dataset(content, taken=names_taken(workspace.plugins, opened))
    if change:
        workspace.progress.notice(f"{change}; this is version {version.version}, its results are kept apart")
    if version.name != opened.name:
        other = opened.name in registry.dataset_sources() or opened.name in workspace.plugins.datasets
        called = f"called {version.name} here: {opened.name} is another dataset"
        workspace.progress.notice(called if other else f"this is dataset {version.name}")
    if opened.source == f"plugin {opened.name}" and Path(opened.name).is_dir():
        workspace.progress.notice(
            f"{opened.name} is the plugin's dataset; for the folder write ./{opened.name}"
        )
    return version


def change_of_decoders(opened: OpenedDataset, environment: Mapping[str, str]) -> str:
    """Return how plugins decode the dataset differently than in this environment; an empty string if they do not."""
    before, now = environment.get("decoders", ""), ", ".join(opened.decoders)
    return f"decoded by {before or 'no plugin'}, and is now by {now or 'no plugin'}" if before != now else ""


def shape_for(
    workspace: Workspace, architecture: Architecture, opened: OpenedDataset, requested: int | None
) -> InputShape:
    """Return the size and the channels for the architecture and the dataset; notices show what changes.

    Args:
        requested: pixels a side, of `--image-size`.

    Raises:
        HyperparameterError: see `check_image_size`.
    """
    check_image_size(architecture, requested)
    own_size, own_channels = natural_size(opened), natural_channels(opened)
    target = requested or architecture.default_size or own_size
    size, channels = architecture.image_sizes.nearest(target), architecture.channels or own_channels
    if size != own_size and not requested:
        verb = "enlarged" if size > own_size else "reduced"
        why = "the least" if size == architecture.min_size else "what"
        workspace.progress.notice(
            f"images of {own_size}×{own_size} are {verb} to {size}×{size}, {why} {architecture.name} takes"
        )
    elif size > target:
        workspace.progress.notice(
            f"image size {target} is raised to {size}, the least {architecture.name} takes"
        )
    if channels != own_channels:
        workspace.progress.notice(
            f"images become {'RGB' if channels == 3 else 'grayscale'} for {architecture.name}"
        )
    return InputShape(size, channels)


def check_image_size(architecture: Architecture, requested: int | None) -> None:
    """Refuse an image size that the architecture does not accept.

    Where it accepts all sizes from the smallest on, a smaller one is raised to that, not refused: then one
    `--image-size` fits all architectures of a search.

    Raises:
        HyperparameterError: the message has the nearest sizes that it accepts.
    """
    sizes = architecture.image_sizes
    if requested is not None and requested not in sizes and not sizes.open_ended:
        raise HyperparameterError(
            f"images of {requested}×{requested} do not fit {architecture.name}, which takes {sizes}: "
            f"give --image-size {sizes.advice(requested)}"
        )


def check_rebuilt_size(workspace: Workspace, parent: Model, requested: int | None) -> None:
    """Refuse an image size for which the network of this model cannot be rebuilt, as far as its architecture says.

    Raises:
        HyperparameterError: the message has the nearest sizes that it accepts.
    """
    architecture = workspace.plugins.architectures.get(parent.architecture)
    if architecture is None or requested is None or requested == parent.image_size:
        return
    check_image_size(architecture, requested)
    if requested not in architecture.image_sizes:
        raise HyperparameterError(
            f"images of {requested}×{requested} are too small for {architecture.name}: "
            f"give --image-size {architecture.min_size} or more"
        )


def shape_of(workspace: Workspace, model: Model, opened: OpenedDataset) -> InputShape:
    """Return the shape that a trained model takes; a notice shows where the dataset's images differ."""
    shape = InputShape(model.image_size, model.channels)
    if InputShape(natural_size(opened), natural_channels(opened)) != shape:
        workspace.progress.notice(f"images become {shape}, as model {model.id} takes them")
    return shape


def refuse_unknown_classes(opened: OpenedDataset, class_names: tuple[str, ...]) -> None:
    """Refuse a dataset with a class that is not among these of a model."""
    unknown = [name for name in opened.images.class_names if name not in class_names]
    if unknown:
        more = " …" if len(class_names) > 8 else ""
        raise DatasetError(
            f"the model does not know {', '.join(unknown[:5])} of dataset '{opened.name}': its classes are "
            f"{', '.join(class_names[:8])}{more}; fine-tune it on the dataset first (`zoo finetune`)"
        )


def in_order_of(decoded: DecodedDataset, class_names: tuple[str, ...]) -> DecodedDataset:
    """Return the same images with labels in the order of these class names, which must include all of theirs."""
    positions = np.array([class_names.index(name) for name in decoded.class_names])
    return replace(decoded, labels=positions[np.asarray(decoded.labels)], class_names=class_names)
