"""The options of a training as self-checking values, the same from the command line to the database row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from zoo.errors import HyperparameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]  # JSON, as `to_json` returns it

BALANCED = "balanced"
MODES, DTYPES = ("auto", "on", "off"), ("float32", "float16")


@dataclass(frozen=True)
class Sampling:
    """The sampling of training images in an epoch; by default each image once.

    Args:
        class_weights: "balanced": the fewer images a class has, the more each counts in the training loss.
        oversample: draw all classes equally often.
        steps_per_epoch: batches in an epoch; None: as many as show each image once.
        fraction: the share of each class to train on, above 0 and at most 1.

    Raises:
        HyperparameterError: a value is out of range, or two options exclude each other.
    """

    class_weights: str | None = None
    oversample: bool = False
    steps_per_epoch: int | None = None
    fraction: float = 1.0

    def __post_init__(self) -> None:
        if self.class_weights not in (None, BALANCED):
            raise HyperparameterError(f"class weights must be {BALANCED} or none, got '{self.class_weights}'")
        if self.class_weights and self.oversample:
            raise HyperparameterError(
                "--class-weights balanced and --oversample both balance the classes: leave one of the two out"
            )
        if self.steps_per_epoch is not None and self.steps_per_epoch < 1:
            raise HyperparameterError(f"steps per epoch must be 1 or more, got {self.steps_per_epoch}")
        if not 0 < self.fraction <= 1:
            raise HyperparameterError(f"fraction must be above 0 and at most 1, got {self.fraction}")


@dataclass(frozen=True)
class FeatureOptions:
    """The options for caching the activations of frozen layers.

    Args:
        mode: "auto": where it saves time, or where `dtype` or `copies` is set; "on": wherever possible; "off": never.
        dtype: float32, or float16, which takes half the space and loses precision.
        copies: with augmentation, cache so many augmented copies of each training image and cycle through them from
            epoch to epoch; None: with augmentation nothing is cached, since each epoch gets new pixels.

    Raises:
        HyperparameterError: a value is out of range.
    """

    mode: str = "auto"
    dtype: str = "float32"
    copies: int | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.dtype not in DTYPES:
            raise HyperparameterError(
                f"activations are cached {' or '.join(MODES)} as {' or '.join(DTYPES)}, "
                f"got '{self.mode}' and '{self.dtype}'"
            )
        if self.copies is not None and self.copies < 1:
            raise HyperparameterError(f"augmented copies of an image must be 1 or more, got {self.copies}")


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training besides hyperparameters.

    Args:
        epochs: the maximal number of epochs.
        seed: of initial weights, shuffling and augmentation.
        patience: epochs without improvement after which training stops.
        image_size: requested pixels per side; None: a size that suits the architecture and the dataset.
        sampling: of the training images in an epoch.
        features: the caching of activations of frozen layers.
    """

    epochs: int = 20
    seed: int = 0
    patience: int = 10
    image_size: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    features: FeatureOptions = field(default_factory=FeatureOptions)

    def to_json(self) -> dict[str, object]:
        """The options as JSON types; `from_json` reads them."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Document) -> TrainingOptions:
        """The options that `to_json` returned."""
        sampling, features = Sampling(**document["sampling"]), FeatureOptions(**document["features"])
        return cls(**{**document, "sampling": sampling, "features": features})
