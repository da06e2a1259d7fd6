"""The registry's records as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from zoo.interfaces import html

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

    from zoo.interfaces.architectures import Hyperparameters
    from zoo.interfaces.plans import RunPlan, SearchPlan, Trial


Metrics = Mapping[str, float]
"""Metric name -> value. The prefix `val_` means measured on the validation split, `test_` on the test split."""


class State(StrEnum):
    """The state of a run or a search. Every state except `running` is final unless the run or search is resumed."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    PRUNED = "pruned"
    INTERRUPTED = "interrupted"


ENDED = (State.COMPLETED, State.FAILED, State.PRUNED)
"""The states of a trial that does not continue when its search is resumed."""


@dataclass(frozen=True, kw_only=True)
class DatasetContent:
    """The content of a dataset.

    Args:
        source: its origin: an absolute path, `plugin NAME` or `tfds:NAME`.
        fingerprint: SHA-256 of the content of every image, its class and its predefined split.
        counts: split -> class name -> number of images.
    """

    name: str
    source: str
    fingerprint: str
    class_names: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class DatasetVersion(DatasetContent):
    """A recorded version of a dataset.

    Args:
        id: row number in the registry.
        name: unique among sources; two folders with the same name get `photos` and `photos-2`.
        version: 1 for the first content recorded under this name, then 2, …
    """

    id: int
    version: int
    created_at: datetime

    @property
    def images(self) -> int:
        """The number of images."""
        return sum(sum(classes.values()) for classes in self.counts.values())


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images. `number` counts from 1; `metrics` has loss, accuracy, val_loss, val_accuracy,
    learning_rate, and the metrics that the objective asked for."""

    number: int
    metrics: Metrics
    seconds: float


@dataclass(frozen=True)
class Run:
    """One training: its plan and its outcome.

    Args:
        dataset: name of the dataset version on which it trains.
        search_id, trial: for a trial, its search and what the search's algorithm proposed.
        score: for a trial, the first objective's value.
        scores: for a trial, the values of all objectives, by name.
        val_loss, parameters: validation loss and number of weights of its model; None if it has no model.
        model_id: the model that it made; None until completed, and if its model was not stored.
        error: why it failed; the last line is the error itself, the lines before it are the traceback.
        owner: `host:pid` of the process that runs it, or ran it last; empty if it was not recorded.
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
    scores: Metrics = field(default_factory=dict)
    model_id: str | None = None
    error: str | None = None
    owner: str = ""
    val_loss: float | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class Search:
    """Many trials of one or several architectures on one dataset.

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
    """The results of one model on one split of one dataset.

    Args:
        split: train, validation or test.
        metrics: loss, accuracy, and precision, recall and f1 as unweighted means over the classes.
        classes: class name -> precision, recall, f1, and images (their number).
        labels: int array (images,), the true classes.
        probabilities: float32 array (images, classes).
    """

    split: str
    metrics: Metrics
    classes: Mapping[str, Metrics] = field(repr=False)
    labels: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)

    def _repr_html_(self) -> str:
        """Two tables for a notebook: the metrics, and those of each class."""
        images = f"{len(self.labels):,} images"
        columns = ("precision", "recall", "f1", "images")
        rows = [(name, *(metrics[column] for column in columns)) for name, metrics in self.classes.items()]
        return html.fields_table(
            f"Evaluation on the {self.split} split, {images}", self.metrics
        ) + html.rows_table("Metrics of each class", ("class", *columns), rows)


@dataclass(frozen=True)
class ModelContent:
    """Trained weights and everything needed to use them, as plain data without code.

    Args:
        graph: the Keras configuration of the functional model, JSON types only.
        image_size: pixels per side.
        channels: 1 or 3.
        class_names: in the order of the outputs.
        head: names of the head's layers, from the features on.
        freeze_points: as in Architecture.
        tensors: name of a variable, see `zoo.models.variables.named_variables` -> values.
        trainable: names of the variables that were trainable when it was trained.
        statistics: names of the variables that never train, such as moving means.
        by_path: the names are Keras's paths, as earlier versions of zoo stored them.
        layer_code: name under which a plugin's class or function in the graph is registered -> a digest of the code
            that it uses, see `zoo.models.used_code`.
    """

    graph: Mapping[str, object]
    image_size: int
    channels: int
    class_names: tuple[str, ...]
    head: tuple[str, ...]
    freeze_points: tuple[str, ...]
    tensors: Mapping[str, np.ndarray]
    trainable: tuple[str, ...]
    statistics: tuple[str, ...] = ()
    by_path: bool = False
    layer_code: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """The number of its weights, including moving statistics."""
        return sum(int(tensor.size) for tensor in self.tensors.values())

    @property
    def trainable_parameters(self) -> int:
        """The number of weights that were trainable when it was trained."""
        return sum(int(self.tensors[name].size) for name in self.trainable)

    @property
    def size_bytes(self) -> int:
        """The size of its weights."""
        return sum(int(tensor.nbytes) for tensor in self.tensors.values())


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a stored model.

    Args:
        index: its index in Keras's `network.layers`, from 0.
        type: the name of its class.
        stage: its freeze point, or `stem`, `tail`, `backbone` or `head`; see `zoo.interfaces.stages`.
        parameters: the number of its weights, including moving statistics.
        frozen: yes, no, or partly if only some of its variables train; None if it has no weights.
        number: the N for which `--freeze N` freezes all layers up to and including this one; None if it has no weights
            or is in the head.
    """

    index: int
    name: str
    type: str
    stage: str
    parameters: int
    frozen: Literal["yes", "no", "partly"] | None
    number: int | None


@dataclass(frozen=True)
class Model:
    """Trained weights with everything needed to use them; made by a run.

    Args:
        manifest: SHA-256 of the stored manifest.
        parameters, trainable_parameters: numbers of weights, not of tensors.
        size_bytes: bytes of all its tensors, including those that it shares with other models.
        parent_id: the model from which it was fine-tuned.
        parent_deleted: whether its parent has been deleted.
        metrics: `val_accuracy`, `test_f1`, … on the dataset version on which it was trained.
        leaked_test_images: the number of images of that version's test split that are also in its train split.
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
    leaked_test_images: int = 0
    parent_deleted: bool = False

    def summary(self) -> dict[str, object]:
        """The most important facts about the model, name -> value."""
        return {
            "model": self.id,
            "architecture": self.architecture,
            "dataset": f"{self.dataset}, version {self.dataset_version}",
            **({"parent": self.parent_id} if self.parent_id else {}),
            **self.metrics,
            "classes": ", ".join(self.class_names[:8]) + (", …" if len(self.class_names) > 8 else ""),
            "input": f"{self.image_size}×{self.image_size}, {'RGB' if self.channels == 3 else 'grayscale'}",
            "parameters": self.parameters,
            **({"alias": ", ".join(self.aliases)} if self.aliases else {}),
        }

    def __repr__(self) -> str:
        accuracies = "".join(
            f", {name}={self.metrics[name]:.4f}"
            for name in ("val_accuracy", "test_accuracy")
            if name in self.metrics
        )
        return (
            f"Model({self.id!r}, architecture={self.architecture!r}, dataset={self.dataset!r}, "
            f"dataset_version={self.dataset_version}{accuracies})"
        )

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return html.fields_table(f"Model {self.id}", self.summary())


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """A model in the tree of models that were fine-tuned from one another.

    Args:
        model_id: None if its run made no model.
        deleted: whether the model has been deleted and is known only from its run and its children.
        asked: whether it is the model whose lineage was requested.
        run: the run that made it; None if it is known only from its children.
        metrics, aliases: as in Model; empty if it is deleted.
        children: the models that were fine-tuned from it, the oldest first, without deleted models that have no
            remaining descendants.
    """

    model_id: str | None
    deleted: bool
    asked: bool
    run: Run | None
    metrics: Metrics = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    children: tuple[Lineage, ...] = ()


@dataclass(frozen=True)
class PriorTrial:
    """A completed trial of any search.

    Args:
        dataset: the dataset version on which it trained.
        image_size, channels: of its network's input.
        metrics: the objectives of its search, and val_accuracy and val_loss of its model, or of its best epoch if no
            model was stored; without metrics that were not measured or are NaN.
    """

    run_id: str
    hyperparameters: Hyperparameters
    dataset: DatasetVersion
    image_size: int
    channels: int
    metrics: Metrics
