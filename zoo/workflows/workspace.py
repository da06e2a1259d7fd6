"""What every workflow needs: the registry, the plugins, what a user may say, and what a run records."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

import zoo
from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces import Architecture, HyperparameterValue, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    if weights not in architecture.weights and not Path(weights).is_file():
        raise HyperparameterError(f"there is no weights file {weights}: check --weights")


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def weights_settings(weights: str | None) -> dict[str, HyperparameterValue | None]:
    """What a run stores of the weights it starts from: a name, or a file with the SHA-256 of its content."""
    if weights is None or not looks_like_path(weights):
        return {"weights": weights}
    with Path(weights).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"weights": str(Path(weights).absolute()), "weights_sha256": digest}


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
