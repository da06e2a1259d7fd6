"""What every workflow needs: the registry, the plugins, and images ready for a network."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.data.cache import DecodedDataset, decode_dataset
from zoo.data.sources import OpenedDataset, natural_channels, natural_size
from zoo.errors import DatasetError, HyperparameterError, UnknownNameError
from zoo.interfaces import Architecture, DatasetVersion, HyperparameterValue, Model, Progress, SkippedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.plugins import Plugins
    from zoo.registry import Registry

NAMED_SKIPS = 3


@dataclass(frozen=True)
class Workspace:
    """Where a workflow works.

    Args:
        strict: an unreadable image is an error instead of being skipped.
    """

    registry: Registry
    plugins: Plugins
    progress: Progress = field(default_factory=Progress)
    strict: bool = False


@dataclass(frozen=True)
class TrainingOptions:
    """What a user may say about a training besides hyperparameters.

    Args:
        epochs: the most epochs.
        seed: of initial weights, shuffling and augmentation.
        patience: epochs without improvement after which training stops.
        image_size: pixels a side; None: what suits the architecture and the dataset.
    """

    epochs: int = 20
    seed: int = 0
    patience: int = 10
    image_size: int | None = None

    def settings(self, **more: HyperparameterValue | None) -> dict[str, HyperparameterValue | None]:
        """What a run stores of them."""
        return {"epochs": self.epochs, "seed": self.seed, "patience": self.patience, **more}


@dataclass(frozen=True, eq=False)
class Images:
    """A dataset ready for a network: decoded, and known to the registry."""

    decoded: DecodedDataset
    version: DatasetVersion


def prepare(workspace: Workspace, opened: OpenedDataset, *, image_size: int, channels: int) -> Images:
    """Decode the dataset, or take it from the cache, and record its version; tells what was skipped."""
    decoded = decode_dataset(
        opened, image_size, channels, strict=workspace.strict, progress=workspace.progress
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
    return Images(decoded, version)


def prepare_for(
    workspace: Workspace, architecture: Architecture, opened: OpenedDataset, requested: int | None
) -> Images:
    """`prepare` at the size and with the channels that the architecture and the dataset agree on."""
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
    return prepare(workspace, opened, image_size=size, channels=channels)


def prepare_as(workspace: Workspace, opened: OpenedDataset, model: Model) -> Images:
    """`prepare` at the size and with the channels that a trained model takes."""
    if (natural_size(opened), natural_channels(opened)) != (model.image_size, model.channels):
        colours = "RGB" if model.channels == 3 else "grayscale"
        workspace.progress.notice(
            f"images become {model.image_size}×{model.image_size} {colours}, as model {model.id} takes them"
        )
    return prepare(workspace, opened, image_size=model.image_size, channels=model.channels)


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


def check_weights(architecture: Architecture, weights: str | None) -> None:
    """Refuse pre-trained weights that the architecture cannot load."""
    if weights is None:
        return
    if not architecture.weights:
        raise HyperparameterError(
            f"architecture '{architecture.name}' has no pre-trained weights to load: leave --weights out"
        )
    if weights not in architecture.weights and not looks_like_path(weights):
        raise UnknownNameError("weights", weights, architecture.weights, "or give the path of a weights file")


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def preset_of(architecture: Architecture, name: str | None) -> Mapping[str, HyperparameterValue]:
    """The hyperparameters of the preset, none without a name."""
    if name is None:
        return {}
    if name not in architecture.presets:
        raise UnknownNameError(f"preset of '{architecture.name}'", name, architecture.presets)
    return architecture.presets[name]


def environment() -> dict[str, str]:
    """The versions that a result depends on."""
    return {
        "zoo": zoo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def describe_skipped(skipped: tuple[SkippedFile, ...]) -> str:
    """One line: how many files were left out, and the first ones with the reason."""
    named = ", ".join(f"{file.path} ({file.reason})" for file in skipped[:NAMED_SKIPS])
    more = f" and {len(skipped) - NAMED_SKIPS} more" if len(skipped) > NAMED_SKIPS else ""
    return f"skipped {len(skipped)} {'file' if len(skipped) == 1 else 'files'}: {named}{more}"
