"""`zoo.load`: a registered model, ready to classify image files and arrays of pixels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from zoo.data.decode import decode_array, decode_file
from zoo.data.units import counted
from zoo.errors import DatasetError
from zoo.face.arguments import checked, model_reference
from zoo.face.session import load_all_plugins, opened_registry, watched_workspace
from zoo.interfaces.html import fields_table, rows_table
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    import keras

    from zoo.data.formats import Formats
    from zoo.interfaces import Model
    from zoo.models.classifier import Classifier as Network
    from zoo.registry import Registry

    Image = str | Path | np.ndarray

SHOWN = 20  # rows of predictions in a notebook
_SHAPES = "(height, width, channels) for one image or (images, height, width, channels), with 1 or 3 channels"


@dataclass(frozen=True)
class Prediction:
    """The classes of one image.

    Args:
        source: the path of the image file; None for an array.
        probabilities: class name -> probability, the likeliest class first.
    """

    source: str | None
    probabilities: Mapping[str, float]

    @property
    def class_name(self) -> str:
        """The likeliest class."""
        return next(iter(self.probabilities))

    @property
    def probability(self) -> float:
        """The probability of the likeliest class, 0 to 1."""
        return self.probabilities[self.class_name]

    def __repr__(self) -> str:
        source = "" if self.source is None else f", source={self.source!r}"
        return f"Prediction({self.class_name!r}, probability={self.probability:.4f}{source})"


@dataclass(frozen=True, eq=False)
class Predictions(Sequence[Prediction]):
    """The classes of several images, in the order of the images; a sequence of `Prediction`.

    Args:
        class_names: the model's classes, in the order of the columns of `probabilities`.
        probabilities: float32 array (images, classes); each row sums to 1.
        sources: for each image the path of its file; None for an array.
    """

    class_names: tuple[str, ...]
    probabilities: np.ndarray
    sources: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Predictions: ...
    def __getitem__(self, index: int | slice) -> Prediction | Predictions:
        if isinstance(index, slice):
            return Predictions(self.class_names, self.probabilities[index], self.sources[index])
        row = self.probabilities[index]
        likeliest = np.argsort(-row, kind="stable")
        return Prediction(
            self.sources[index], {self.class_names[number]: float(row[number]) for number in likeliest}
        )

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3]))
        return f"Predictions({len(self)}: [{shown}{', …' if len(self) > 3 else ''}])"

    def _repr_html_(self) -> str:
        """A table for a notebook, with the first images."""
        rows = [
            (prediction.source or f"image {number}", prediction.class_name, prediction.probability)
            for number, prediction in enumerate(self[:SHOWN])
        ]
        more = f", of which the first {SHOWN} are shown" if len(self) > SHOWN else ""
        return rows_table(
            f"Predictions for {counted(len(self), 'image')}{more}", ["image", "class", "probability"], rows
        )


@dataclass(frozen=True, eq=False)
class Classifier:
    """A registered model in memory; made by `zoo.load`.

    Args:
        model: its record in the registry: id, metrics, classes, size of the images.
    """

    model: Model
    _network: Network = field(repr=False)
    _formats: Formats = field(repr=False)

    @property
    def keras(self) -> keras.Model:
        """The Keras model: pixels 0-255 (batch, image_size, image_size, channels) in, probabilities out.

        Probabilities are (batch, classes) in the order of `class_names`; or (batch, 1), that of the second class, if
        the model ends in one sigmoid unit.
        """
        return self._network.network

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the outputs."""
        return self.model.class_names

    def predict(self, images: Image | Sequence[Image]) -> Predictions:
        """Classify images; each is decoded and resized as it was for training.

        Args:
            images: the path of an image file; uint8 pixels 0-255 of one image (height, width), (height, width, 1) or
                (height, width, 3), or of several (images, height, width, channels); or a list of paths and of arrays
                of one image each, of any size.

        Returns:
            A prediction for each image, in the same order; a sequence of length one for one image.

        Raises:
            DatasetError: a file cannot be read, or an array has another type or shape. No image is skipped.
        """
        from zoo.training.evaluate import predict

        items = _items(images)
        size, channels = self.model.image_size, self.model.channels
        pixels = np.stack([_pixels(item, size, channels, self._formats) for item in items])
        sources = tuple(None if isinstance(item, np.ndarray) else os.fspath(item) for item in items)
        return Predictions(self.class_names, predict(self._network, pixels), sources)

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return fields_table(f"Classifier {self.model.id}", self.model.summary())


@checked
def load(
    model: str | Model,
    *,
    registry: Registry | str | Path | None = None,
    artifacts: str | Path | None = None,
    plugins_dir: str | Path | None = None,
) -> Classifier:
    """Load a model from the registry, to predict with it or to use its Keras model.

    Args:
        model: an id or a prefix of one, "digits@best", "digits@ALIAS", or a record.

    The other options are those of `zoo.train`.

    Raises:
        ZooError: the model does not exist, or its stored content is damaged.
    """
    reference = model_reference(model)
    plugins = load_all_plugins(plugins_dir)
    with opened_registry(registry, artifacts) as opened:
        record = opened.model(reference)  # refused before TensorFlow is imported
        with watched_workspace(opened, plugins, progress=False) as workspace:
            start_tensorflow(workspace.progress)
            from zoo.workflows.loading import load_classifier

            return Classifier(record, load_classifier(workspace, record), plugins.formats)


def _items(images: Image | Sequence[Image]) -> list[Image]:
    """The images one by one, each checked."""
    if isinstance(images, str | os.PathLike):
        return [images]
    if isinstance(images, np.ndarray):
        batch = images if images.ndim == 4 else images[np.newaxis]
        for image in batch[:1]:
            _check(image, images)
        items: list[Image] = list(batch)
    elif isinstance(images, Sequence):
        items = list(images)
        for item in items:
            if isinstance(item, np.ndarray):
                _check(item, item)
            elif not isinstance(item, str | os.PathLike):
                raise _no_image(item)
    else:
        raise _no_image(images)
    if not items:
        raise DatasetError("no images to predict: give at least one path or array")
    return items


def _pixels(item: Image, size: int, channels: int, formats: Formats) -> np.ndarray:
    if isinstance(item, np.ndarray):
        return decode_array(item, size, channels)
    return decode_file(Path(item), size, channels, formats)


def _check(image: np.ndarray, array: np.ndarray) -> None:
    """Refuse pixels that would be misread; `image` is the first one in the caller's `array`, or all of it."""
    if array.dtype != np.uint8:
        raise DatasetError(
            f"pixels must be uint8, 0-255, got an array of {array.dtype}: scale it to 0-255, then .astype('uint8')"
        )
    if image.ndim != 2 and (image.ndim != 3 or image.shape[2] not in (1, 3)):
        raise DatasetError(f"an array of shape {array.shape} is not an image: give {_SHAPES}")


def _no_image(value: object) -> DatasetError:
    advice = ": use numpy.asarray(image.convert('RGB'))" if hasattr(value, "convert") else ""
    return DatasetError(f"an image is a path or a NumPy array of uint8, got {type(value).__name__}{advice}")
