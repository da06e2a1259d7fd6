"""The nouns of zoo: the frozen dataclasses and protocols that every floor shares. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from zoo.errors import ContractError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from keras import KerasTensor
    from keras_tuner import HyperParameters

HyperparameterValue = bool | int | float | str
Hyperparameters = Mapping[str, HyperparameterValue]
"""Name -> value, as stored with a run."""

Metrics = Mapping[str, float]
"""Metric name -> value. `val_` in front means measured on the validation split, `test_` on the test split."""

SPLITS = ("train", "validation", "test")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


# What plugins give ---------------------------------------------------------------------------------------


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
        freeze_points: names of its stages, from the pixels on; a stage is every layer called after it.
        version: changes whenever the same hyperparameters would build another network.

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
            self.channels in (None, 1, 3), f"{whose}: channels must be 1, 3 or None, got {self.channels!r}"
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


# What the registry keeps ---------------------------------------------------------------------------------


class RunKind(StrEnum):
    """Why a run trained."""

    TRAIN = "train"
    TRIAL = "trial"
    FINETUNE = "finetune"


class State(StrEnum):
    """Where a run or a search stands. Every state but `running` is final, unless the search is resumed."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    PRUNED = "pruned"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class DatasetVersion:
    """A dataset's content at one time.

    Args:
        id: row number in the registry.
        name: unique among sources; two folders of one name get `photos` and `photos-2`.
        version: 1 for the first content seen under this name, then 2, …
        fingerprint: SHA-256 over the content of every image, its class and its given split.
        source: where it comes from: an absolute path, or `plugin NAME`.
        counts: split -> class name -> number of images.
    """

    id: int
    name: str
    version: int
    fingerprint: str
    source: str
    class_names: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    created_at: datetime


@dataclass(frozen=True)
class Objective:
    """What a search optimises, such as `val_accuracy`, and which way: "max" or "min"."""

    name: str
    direction: str

    def better(self, value: float, other: float | None) -> bool:
        """Whether `value` is strictly better than `other`; anything is better than None."""
        if other is None:
            return True
        return value > other if self.direction == "max" else value < other


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images. `number` counts from 1; `metrics` holds loss, accuracy, val_loss,
    val_accuracy and learning_rate."""

    number: int
    metrics: Metrics
    seconds: float


@dataclass(frozen=True)
class RunPlan:
    """All that is known of a run before it starts.

    Args:
        settings: what is not a hyperparameter: epochs, image_size, channels, seed, patience, weights, preset, freeze.
        plugin: where the architecture came from: distribution and version, or file.
        environment: versions of zoo, Python, tensorflow and keras.
    """

    kind: RunKind
    architecture: str
    architecture_version: str
    plugin: str
    hyperparameters: Hyperparameters
    settings: Mapping[str, HyperparameterValue | None]
    environment: Mapping[str, str]
    parent_id: str | None = None


@dataclass(frozen=True)
class Trial:
    """One choice of hyperparameters within a search.

    Args:
        trial_id: the algorithm's own name for it.
        number: counts from 1 in the order of starting.
        hyperparameters: as the algorithm chose them, its own bookkeeping (`tuner/…`) included.
        epochs: the most epochs it may reach.
        initial_epoch: epochs that an earlier trial of the same hyperparameters has done already (hyperband).
        continues: `trial_id` of that earlier trial.
    """

    trial_id: str
    number: int
    hyperparameters: Hyperparameters
    epochs: int
    initial_epoch: int = 0
    continues: str | None = None


@dataclass(frozen=True)
class Run:
    """One training: what was planned, and what became of it.

    Args:
        dataset: name of the dataset version that it trains on.
        search_id, trial: of a trial: its search, and what the search's algorithm asked for.
        score: of a trial: the objective's value.
        model_id: the model that it made; None until completed.
        error: why it failed; the last line is the error itself, lines before it are the traceback.
    """

    id: str
    plan: RunPlan
    state: State
    dataset: str
    dataset_version: int
    started_at: datetime
    finished_at: datetime | None = None
    search_id: str | None = None
    trial: Trial | None = None
    score: float | None = None
    model_id: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class SearchPlan:
    """All that is known of a search before it starts.

    Args:
        algorithm: random, grid, bayesian or hyperband.
        trials: the most trials it will run.
        epochs: the most epochs a trial will run.
        fixed: hyperparameters that are not searched but set.
        space: the search space as `keras_tuner.HyperParameters.get_config` gives it.
        settings, environment: as in RunPlan.
    """

    architecture: str
    architecture_version: str
    plugin: str
    algorithm: str
    objective: Objective
    trials: int
    epochs: int
    seed: int
    fixed: Hyperparameters
    space: Mapping[str, object]
    settings: Mapping[str, HyperparameterValue | None]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Search:
    """Many trials of one architecture on one dataset.

    Args:
        owner: `host:pid` of the process that runs it, or ran it last.
        best_model_id: the model of the completed trial with the best score.
    """

    id: str
    plan: SearchPlan
    state: State
    dataset: str
    dataset_version: int
    dataset_source: str
    owner: str
    started_at: datetime
    finished_at: datetime | None = None
    best_model_id: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """How one model does on one split of one dataset.

    Args:
        split: train, validation or test.
        metrics: loss, accuracy, and precision, recall and f1 as unweighted means over the classes.
        classes: class name -> precision, recall, f1, images (how many images of that class).
        labels: int array (images,), the true classes.
        probabilities: float32 array (images, classes).
    """

    split: str
    metrics: Metrics
    classes: Mapping[str, Metrics]
    labels: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class ModelContent:
    """All that is needed to use trained weights, as plain data; nothing in it is code.

    Args:
        graph: the Keras configuration of the functional model, JSON types only.
        image_size: pixels a side.
        channels: 1 or 3.
        class_names: in the order of the outputs.
        head: names of the head's layers, from the features on.
        freeze_points: as in Architecture.
        tensors: variable path -> values.
        trainable: paths of the variables that were trainable when it was trained.
    """

    graph: Mapping[str, object]
    image_size: int
    channels: int
    class_names: tuple[str, ...]
    head: tuple[str, ...]
    freeze_points: tuple[str, ...]
    tensors: Mapping[str, np.ndarray]
    trainable: tuple[str, ...]


@dataclass(frozen=True)
class TrialOutcome:
    """What a completed trial gives back: the objective's value, the weights, and how they do."""

    score: float
    content: ModelContent
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True)
class Model:
    """Trained weights with everything needed to use them; made by a run.

    Args:
        manifest: SHA-256 of the stored manifest.
        parameters, trainable_parameters: numbers of weights, not of tensors.
        size_bytes: bytes of all its tensors; what it shares with other models counts too.
        parent_id: the model that it was fine-tuned from.
        metrics: `val_accuracy`, `test_f1`, … on the dataset version that it was trained on.
    """

    id: str
    run_id: str
    architecture: str
    dataset: str
    dataset_version: int
    class_names: tuple[str, ...]
    image_size: int
    channels: int
    parameters: int
    trainable_parameters: int
    size_bytes: int
    manifest: str
    created_at: datetime
    parent_id: str | None = None
    metrics: Metrics = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


class TrialRecorder(Protocol):
    """Where a search writes what happens to its trials; each call is durable when it returns."""

    def trial_started(self, trial: Trial) -> None:
        """The trial is about to train."""

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        """The trial has a score."""

    def trial_failed(self, trial: Trial, error: str) -> None:
        """The trial raised; `error` is its traceback, or one line."""


# What long work tells ------------------------------------------------------------------------------------


class Progress:
    """What long work tells whoever watches. Each method does nothing here: override what you want to show."""

    def notice(self, message: str) -> None:
        """One line that the user should know, such as that images are enlarged."""

    def decoding(self, done: int, total: int) -> None:
        """`done` of `total` images are in the cache."""

    def search_started(self, search: Search) -> None:
        """Trials follow. A resumed search starts again."""

    def run_started(self, run: Run) -> None:
        """Epochs follow."""

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        """One more epoch is in the registry."""

    def run_ended(self, run: Run) -> None:
        """The run is completed, failed, pruned or interrupted."""


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
