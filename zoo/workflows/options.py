"""The options of a training besides hyperparameters, and how a run stores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.data.balance import Sampling, describe
from zoo.data.cache.features import FeatureOptions
from zoo.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture, HyperparameterValue
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True)
class TrainingOptions:
    """What a user may say about a training besides hyperparameters.

    Args:
        epochs: the most epochs.
        seed: of initial weights, shuffling and augmentation.
        patience: epochs without improvement after which training stops.
        image_size: pixels a side; None: what suits the architecture and the dataset.
        class_weights, oversample, steps_per_epoch, fraction: see `zoo.data.balance.Sampling`.
        cache_features, cache_dtype, cache_views: of what frozen layers give; see
            `zoo.data.cache.features.FeatureOptions`.

    Raises:
        HyperparameterError: a value is out of range, or two exclude each other.
    """

    epochs: int = 20
    seed: int = 0
    patience: int = 10
    image_size: int | None = None
    class_weights: str | None = None
    oversample: bool = False
    steps_per_epoch: int | None = None
    fraction: float = 1.0
    cache_features: str = "auto"
    cache_dtype: str = "float32"
    cache_views: int | None = None

    def __post_init__(self) -> None:
        _ = self.sampling, self.features

    @property
    def sampling(self) -> Sampling:
        """What of the training images an epoch takes."""
        return Sampling(self.class_weights, self.oversample, self.steps_per_epoch, self.fraction)

    @property
    def features(self) -> FeatureOptions:
        """How what frozen layers give is kept."""
        return FeatureOptions(self.cache_features, self.cache_dtype, self.cache_views)

    def settings(self, **more: HyperparameterValue | None) -> dict[str, HyperparameterValue | None]:
        """What a run stores of them; of sampling and features, None for what was not asked for."""
        return {
            "epochs": self.epochs,
            "seed": self.seed,
            "patience": self.patience,
            "class_weights": self.class_weights,
            "oversample": self.oversample or None,
            "steps_per_epoch": self.steps_per_epoch,
            "fraction": self.fraction if self.fraction < 1 else None,
            "cache_features": self.cache_features if self.cache_features != "auto" else None,
            "cache_dtype": self.cache_dtype if self.cache_dtype != "float32" else None,
            "cache_views": self.cache_views,
            **more,
        }


def sampling_of(settings: Mapping[str, HyperparameterValue | None]) -> Sampling:
    """The sampling that `TrainingOptions.settings` stored; runs made before there was one have none of it."""
    class_weights, steps = settings.get("class_weights"), settings.get("steps_per_epoch")
    return Sampling(
        class_weights=None if class_weights is None else str(class_weights),
        oversample=bool(settings.get("oversample")),
        steps_per_epoch=None if steps is None else int(steps),
        fraction=float(settings.get("fraction") or 1.0),
    )


def features_of(settings: Mapping[str, HyperparameterValue | None]) -> FeatureOptions:
    """How features are kept, as `TrainingOptions.settings` stored it."""
    views = settings.get("cache_views")
    return FeatureOptions(
        str(settings.get("cache_features") or "auto"),
        str(settings.get("cache_dtype") or "float32"),
        None if views is None else int(views),
    )


def report_sampling(workspace: Workspace, decoded: DecodedDataset, sampling: Sampling) -> None:
    """Say before training what differs from each training image once in an epoch."""
    for line in describe(decoded, sampling):
        workspace.progress.notice(line)


def preset_of(architecture: Architecture, name: str | None) -> Mapping[str, HyperparameterValue]:
    """The hyperparameters of the preset, none without a name."""
    if name is None:
        return {}
    if name not in architecture.presets:
        raise UnknownNameError(f"preset of '{architecture.name}'", name, architecture.presets)
    return architecture.presets[name]
