"""The options of a training besides hyperparameters, from those of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.balance import describe
from zoo.errors import UnknownNameError
from zoo.interfaces import FeatureOptions, Sampling, TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture, HyperparameterValue
    from zoo.workflows.workspace import Workspace


def training_options(
    *,
    epochs: int = 20,
    seed: int = 0,
    patience: int = 10,
    image_size: int | None = None,
    class_weights: str | None = None,
    oversample: bool = False,
    steps_per_epoch: int | None = None,
    fraction: float = 1.0,
    cache_features: str = "auto",
    cache_dtype: str = "float32",
    cache_copies: int | None = None,
) -> TrainingOptions:
    """Return the options of a training, each under its name on the command line.

    Raises:
        HyperparameterError: a value is out of range, or two exclude each other.
    """
    return TrainingOptions(
        epochs,
        seed,
        patience,
        image_size,
        Sampling(class_weights, oversample, steps_per_epoch, fraction),
        FeatureOptions(cache_features, cache_dtype, cache_copies),
    )


def report_sampling(workspace: Workspace, decoded: DecodedDataset, sampling: Sampling) -> None:
    """Show notices where an epoch is not each training image once."""
    for line in describe(decoded, sampling):
        workspace.progress.notice(line)


def preset_of(architecture: Architecture, name: str | None) -> Mapping[str, HyperparameterValue]:
    """Return the hyperparameters of the preset; none without a name."""
    if name is None:
        return {}
    if name not in architecture.presets:
        raise UnknownNameError("preset", name, architecture.presets, f"(of architecture {architecture.name})")
    return architecture.presets[name]
