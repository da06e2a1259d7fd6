"""What every workflow needs: the registry, the plugins, what a user may say, and what a run records."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import zoo
from zoo.data.balance import Sampling, describe
from zoo.data.cache.features import FeatureOptions
from zoo.data.sources.urls import download, is_url
from zoo.errors import DatasetError, HyperparameterError, UnknownNameError
from zoo.interfaces import Architecture, HyperparameterValue, Progress
from zoo.workflows.datasets import open_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.data.sources import OpenedDataset
    from zoo.plugins import Plugins
    from zoo.registry import Registry


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

    def open_dataset(self, ref: str) -> OpenedDataset:
        """The dataset that the user names; see `zoo.workflows.datasets.open_images`."""
        return open_images(self.plugins, self.registry, ref, self.progress)


@dataclass(frozen=True)
class TrainingOptions:
    """What a user may say about a training besides hyperparameters.

    Args:
        epochs: the most epochs.
        seed: of initial weights, shuffling and augmentation.
        patience: epochs without improvement after which training stops.
        image_size: pixels a side; None: what suits the architecture and the dataset.
        class_weights, oversample, steps_per_epoch, fraction: see `zoo.data.balance.Sampling`.
        cache_features, cache_dtype, cache_views: of what frozen layers give; see `zoo.training.part.FeatureOptions`.

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


def tell_sampling(workspace: Workspace, decoded: DecodedDataset, sampling: Sampling) -> None:
    """Say before training what differs from each training image once in an epoch."""
    for line in describe(decoded, sampling):
        workspace.progress.notice(line)


def check_weights(architecture: Architecture, weights: str | None) -> None:
    """Refuse pre-trained weights that the architecture cannot load; those behind a URL are downloaded."""
    if weights is None:
        return
    if not architecture.weights:
        raise HyperparameterError(
            f"architecture '{architecture.name}' has no pre-trained weights to load: leave --weights out"
        )
    if weights in architecture.weights:
        return
    if not looks_like_path(weights):
        raise UnknownNameError("weights", weights, architecture.weights, "or give the path of a weights file")
    weights_file(weights)


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file, or the URL of one, rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def weights_file(weights: str) -> Path:
    """Where a weights file lies on this machine: that of a URL in the cache.

    Raises:
        HyperparameterError: there is none, or it cannot be downloaded.
    """
    if is_url(weights):
        try:
            return download(weights, Progress())
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not Path(weights).is_file():
        raise HyperparameterError(f"there is no weights file {weights}: check --weights")
    return Path(weights)


def digest_of(path: Path) -> str:
    """The SHA-256 of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_settings(weights: str | None) -> dict[str, HyperparameterValue | None]:
    """What a run stores of the weights it starts from: a name; or a path or URL, with the SHA-256 of the content."""
    if weights is None or not looks_like_path(weights):
        return {"weights": weights}
    place = weights if is_url(weights) else str(Path(weights).absolute())
    return {"weights": place, "weights_sha256": digest_of(weights_file(weights))}


def preset_of(architecture: Architecture, name: str | None) -> Mapping[str, HyperparameterValue]:
    """The hyperparameters of the preset, none without a name."""
    if name is None:
        return {}
    if name not in architecture.presets:
        raise UnknownNameError(f"preset of '{architecture.name}'", name, architecture.presets)
    return architecture.presets[name]


def environment() -> dict[str, str]:
    """The versions that a result depends on."""
    import keras
    import tensorflow as tf

    return {
        "zoo": zoo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
