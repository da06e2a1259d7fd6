"""What plugins give: architectures and datasets, and the checks of what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from zoo.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from keras import KerasTensor
    from keras_tuner import HyperParameters

HyperparameterValue = bool | int | float | str
Hyperparameters = Mapping[str, HyperparameterValue]
"""Name -> value, as stored with a run."""

SPLITS = ("train", "validation", "test")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Backbone(Protocol):
    """Layers from pixels to features.

    `inputs` is a KerasTensor (batch, height, width, channels), float32, raw pixels 0-255; scaling them is the
    backbone's business and happens in layers. `weights` is None, a name out of `Architecture.weights`, or a
    path. The result is a KerasTensor (batch, h, w, c) or (batch, d). Hyperparameters are declared through `hp`.
    """

    def __call__(
        self, hp: HyperParameters, inputs: KerasTensor, *, weights: str | None = None
    ) -> KerasTensor: ...


@dataclass(frozen=True)
class Architecture:
    """A plugin's description of a backbone with its search space, presets and freeze points.

    Args:
        name: lower-case name, unique over all plugins.
        backbone: see `Backbone`.
        summary: one line for people.
        reference: the paper or code that it follows.
        min_size: the fewest pixels a side that the backbone takes; smaller images are enlarged to it.
        default_size: pixels a side that it is meant for; None: the dataset's own size.
        channels: 1, 3, or None for either.
        weights: names of pre-trained weights that it can load, such as "imagenet".
        presets: name -> hyperparameters, a published recipe each.
        freeze_points: names of its stages, from the pixels on. A stage is every layer whose name begins with
            the point and does not go on with a digit: `block1` holds `block1_conv` and `block1a_bn`.
        version: changes whenever the same hyperparameters would build another network.
        custom_layers: imports and gives the backbone's own Keras layer classes, each registered with
            `keras.saving.register_keras_serializable`. Called before a stored model is built again.

    Raises:
        ContractError: a field is of the wrong type or out of range.
    """

    name: str
    backbone: Backbone
    summary: str
    reference: str
    min_size: int = 32
    default_size: int | None = None
    channels: int | None = None
    weights: tuple[str, ...] = ()
    presets: Mapping[str, Hyperparameters] = field(default_factory=dict)
    freeze_points: tuple[str, ...] = ()
    version: str = "1"
    custom_layers: Callable[[], Iterable[type]] | None = None

    def __post_init__(self) -> None:
        _check_description("architecture", self.name, self.summary, self.reference)
        whose = f"architecture '{self.name}'"
        _require(callable(self.backbone), f"{whose}: backbone must be a function, got {self.backbone!r}")
        _require(
            _is_size(self.min_size), f"{whose}: min_size must be 1 or more pixels, got {self.min_size!r}"
        )
        _require(
            self.default_size is None or (_is_size(self.default_size) and self.default_size >= self.min_size),
            f"{whose}: default_size must be None or at least min_size, got {self.default_size!r}",
        )
        _require(
            self.channels is None or (_is_size(self.channels) and self.channels in (1, 3)),
            f"{whose}: channels must be 1, 3 or None, got {self.channels!r}",
        )
        _require(
            isinstance(self.version, str) and bool(self.version),
            f"{whose}: version must be text, got {self.version!r}",
        )
        _require(
            self.custom_layers is None or callable(self.custom_layers),
            f"{whose}: custom_layers must be a function, got {self.custom_layers!r}",
        )
        for name in ("weights", "freeze_points"):
            _require(_is_names(getattr(self, name)), f"{whose}: {name} must be a tuple of names")
        _require(
            isinstance(self.presets, Mapping) and all(isinstance(p, Mapping) for p in self.presets.values()),
            f"{whose}: presets must map names to hyperparameters",
        )


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Images with a label each, as a dataset plugin or an image source gives them.

    Args:
        items: an image each: the path of an image file, or an array of uint8 pixels 0-255 of shape
            (height, width), (height, width, 1) or (height, width, 3).
        labels: for each item the index of its class in `class_names`.
        class_names: the classes, in the order of the model's outputs.
        split: for each item "train", "validation" or "test"; None: zoo splits (see zoo.data.splits).
        skipped: files that lay among the images and are none, each with the reason.

    Raises:
        ContractError: lengths differ, or a label or a split is out of range.
    """

    items: Sequence[Path | np.ndarray]
    labels: Sequence[int]
    class_names: tuple[str, ...]
    split: Sequence[str] | None = None
    skipped: tuple[SkippedFile, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.items)
        _require(
            _is_names(self.class_names), f"class_names must be a tuple of names, got {self.class_names!r}"
        )
        _require(len(self.labels) == count, f"{count} images but {len(self.labels)} labels")
        _require(
            len(set(self.class_names)) == len(self.class_names), f"class names repeat: {self.class_names}"
        )
        classes = range(len(self.class_names))
        _require(all(label in classes for label in self.labels), f"a label is not in 0..{len(classes) - 1}")
        if self.split is not None:
            _require(len(self.split) == count, f"{count} images but {len(self.split)} splits")
            _require(set(self.split) <= set(SPLITS), f"a split is none of {', '.join(SPLITS)}")


@dataclass(frozen=True)
class SkippedFile:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """A plugin's description of a dataset. `load` may take time and is called only when images are needed."""

    name: str
    load: Callable[[], LabeledImages]
    summary: str
    reference: str

    def __post_init__(self) -> None:
        _check_description("dataset", self.name, self.summary, self.reference)
        _require(callable(self.load), f"dataset '{self.name}': load must be a function, got {self.load!r}")


def _check_description(kind: str, name: str, summary: str, reference: str) -> None:
    _require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"{kind} name must be lower-case letters, digits, '.', '_' or '-', got {name!r}",
    )
    for label, text in (("summary", summary), ("reference", reference)):
        _require(
            isinstance(text, str) and bool(text.strip()),
            f"{kind} '{name}': {label} must be text, got {text!r}",
        )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) and name for name in value)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ContractError(message)
