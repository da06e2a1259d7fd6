"""Evaluates a registered model on a dataset, and applies it to image files.

TensorFlow is imported after all checks of the arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.data.cache import decode_images
from zoo.data.units import counted
from zoo.workflows.datasets import describe_skipped
from zoo.workflows.images import in_order_of, prepare, refuse_unknown_classes, shape_of
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import DatasetVersion, Evaluation, Model
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image: class name -> probability, the likeliest class first."""

    path: str
    probabilities: Mapping[str, float]

    @property
    def class_name(self) -> str:
        """The likeliest class."""
        return next(iter(self.probabilities))


def evaluate(
    workspace: Workspace, model: str, dataset: str | OpenedDataset, *, split: str = "test"
) -> tuple[Model, DatasetVersion, Evaluation]:
    """Evaluate a registered model on a split of a dataset and record the metrics.

    They are not recorded if the code of its custom layers has changed, so that they do not replace those of the model
    that was trained.

    Raises:
        DatasetError: the dataset has a class that the model does not have, or the split is empty.
        ZooError: the model or the dataset cannot be found or read.
    """
    registered = workspace.registry.model(model)
    opened = workspace.open_dataset(dataset)
    refuse_unknown_classes(opened, registered.class_names)
    start_tensorflow(workspace.progress)
    from zoo.models.content import from_content
    from zoo.training.evaluate import evaluate as evaluate_classifier
    from zoo.training.fit import start_fresh
    from zoo.workflows.loading import changed_layers, load_content

    start_fresh(0)
    content = load_content(workspace, registered)
    classifier = from_content(content)
    images = prepare(workspace, opened, shape_of(workspace, registered, opened))
    evaluation = evaluate_classifier(classifier, in_order_of(images.decoded, registered.class_names), split)
    if changed_layers(content):
        workspace.progress.notice("the metrics are not recorded")
    else:
        workspace.registry.record_evaluation(registered.id, images.version, evaluation)
    return registered, images.version, evaluation


def predict(workspace: Workspace, model: str, files: Sequence[Path]) -> list[Prediction]:
    """Return the model's probabilities for each readable image file, in the order of `files`.

    Raises:
        DatasetError: no file is a readable image, or one is not and the workspace is strict.
        ZooError: the model cannot be found or read.
    """
    registered = workspace.registry.model(model)
    workspace.progress.began(f"reading {counted(len(files), 'image')}")
    pixels, readable, skipped = decode_images(
        files, registered.image_size, registered.channels, workspace.plugins.formats, strict=workspace.strict
    )
    if skipped:
        workspace.progress.notice(describe_skipped(skipped))
    start_tensorflow(workspace.progress)
    from zoo.training.evaluate import predict as predict_pixels
    from zoo.training.fit import start_fresh
    from zoo.workflows.loading import load_classifier

    start_fresh(0)
    classifier = load_classifier(workspace, registered)
    predictions = []
    for path, row in zip(readable, predict_pixels(classifier, pixels), strict=True):
        ranked = sorted(zip(registered.class_names, row.tolist(), strict=True), key=lambda pair: -pair[1])
        predictions.append(Prediction(str(path), dict(ranked)))
    return predictions
