"""Exports a classifier to other formats; each file is read back and compared before it gets its final name."""

from __future__ import annotations

import io
import logging
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager, redirect_stdout
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ExportError
from zoo.interfaces.export_formats import SUFFIXES, check_target
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.models.classifier import Classifier

TOLERANCE = 1e-5
LABELS = "labels.txt"
PYTHON_OPERATIONS = {"PyFunc", "EagerPyFunc", "PyFuncStateless"}


def export(classifier: Classifier, path: Path, file_format: str) -> None:
    """Write the classifier as `keras`, `h5` or `saved-model`: pixels 0-255 in, probabilities out.

    A SavedModel folder also gets `labels.txt`, the class names in the order of the outputs, one per line. The file is
    loaded again before it gets its final name, and must return the same probabilities; `keras` and `h5` must also have
    the same weights.

    Raises:
        UnknownNameError, ExportError: see `zoo.interfaces.export_formats.check_target`.
        ExportError: the file cannot be written, or the format cannot represent the network.
    """
    check_target(path, file_format)
    try:
        with tempfile.TemporaryDirectory(prefix=".zoo-export-", dir=path.parent) as folder, _quiet():
            draft = Path(folder) / f"model{SUFFIXES[file_format]}"
            _write(classifier, draft, file_format)
            _compare(classifier, draft, file_format)
            shutil.move(draft, path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ExportError(f"cannot write {path}: {reason}") from error


def apply_saved_model(folder: Path, pixels: np.ndarray) -> np.ndarray:
    """Return the outputs of a SavedModel with one input and one output for pixels (batch, height, width, channels).

    Raises:
        ExportError: its graph calls Python functions, which exist only in the process that exported it.
    """
    model = tf.saved_model.load(str(folder))  # kept in a variable: its functions need it to stay alive
    signature = model.signatures["serving_default"]
    graph = signature.graph.as_graph_def()
    nodes = chain(graph.node, *(function.node_def for function in graph.library.function))
    if any(node.op in PYTHON_OPERATIONS for node in nodes):
        raise ExportError(
            "the exported network calls Python (tf.py_function or tf.numpy_function), which works in no other "
            "process: use keras.ops in call()"
        )
    (name,) = signature.structured_input_signature[1]
    (outputs,) = signature(**{name: tf.constant(pixels)}).values()
    return np.asarray(outputs)


def _write(classifier: Classifier, path: Path, file_format: str) -> None:
    try:
        if file_format == "saved-model":
            classifier.network.export(path, format="tf_saved_model", verbose=False)
            (path / LABELS).write_text("\n".join(classifier.class_names) + "\n", encoding="utf-8")
        else:
            classifier.network.save(path)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise _unfit(file_format, error) from error


def _compare(classifier: Classifier, path: Path, file_format: str) -> None:
    shape = (2, classifier.image_size, classifier.image_size, classifier.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    try:
        outputs = _read_back(classifier.network, path, file_format, pixels)
        # TensorFlow rounds differently in a graph than eagerly, which shows after a hundred layers.
        difference = _difference(outputs, classifier.network(pixels, training=False))
        if difference > TOLERANCE:
            difference = _difference(outputs, tf.function(classifier.network)(pixels, training=False))
    except (TypeError, ValueError, AttributeError) as error:
        raise _unfit(file_format, _unsaved(classifier.network) or error) from error
    if not difference <= TOLERANCE:
        raise _unfit(file_format, f"its probabilities differ by {difference:.2g} when it is loaded again")


def _read_back(network: keras.Model, path: Path, file_format: str, pixels: np.ndarray) -> np.ndarray:
    """Return the exported network's probabilities for these pixels."""
    if file_format == "saved-model":
        return apply_saved_model(path, pixels)
    loaded = keras.models.load_model(path, compile=False)
    if changed := _changed_weight(network, loaded):
        raise _unfit(
            file_format, _unsaved(network) or f"its weight '{changed}' is another when it is loaded again"
        )
    return np.asarray(loaded(pixels))


def _changed_weight(network: keras.Model, loaded: keras.Model) -> str | None:
    """Return the first weight that has other values in the loaded network.

    The probabilities may show too little of it, but training would go on from another network.
    """
    before, after = _weights_of(network), _weights_of(loaded)
    shared = (name for name in before if name in after)
    return next(
        (name for name in shared if not np.array_equal(before[name], after[name], equal_nan=True)), None
    )


def _weights_of(network: keras.Model) -> dict[str, np.ndarray]:
    """Return name -> values of the weights, without the states of random generators, which h5 does not contain."""
    weights = {id(weight) for weight in network.weights}
    named = named_variables(network)
    return {name: np.asarray(variable.numpy()) for name, variable in named.items() if id(variable) in weights}


def _difference(outputs: np.ndarray, expected: object) -> float:
    return float(np.abs(outputs - np.asarray(expected)).max())


def _unsaved(network: keras.Model) -> str | None:
    """Return which layer leaves out some of its weights, as a subclass of Conv2D with another weight does."""
    for layer in network._flatten_layers():  # Keras has no public name for layers inside layers
        saved: dict[str, Any] = {}
        layer.save_own_variables(saved)
        if len(saved) < len(layer._trainable_variables) + len(layer._non_trainable_variables):
            return (
                f"{type(layer).__name__} '{layer.name}' saves only {len(saved)} of its weights: it needs its own "
                "save_own_variables and load_own_variables"
            )
    return None


def _unfit(file_format: str, reason: object) -> ExportError:
    first = (str(reason).strip() or type(reason).__name__).splitlines()[0].split(". ")[0]
    others = " or ".join(name for name in SUFFIXES if name != file_format)
    return ExportError(f"the format {file_format} cannot represent this network ({first}): use {others}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Keras's warnings about HDF5, which the user chose, and about files, and TensorFlow's about retracing."""
    loggers = [logging.getLogger(name) for name in ("absl", "tensorflow")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stdout(io.StringIO()),
        ):  # older Keras prints there, even with verbose=False
            warnings.simplefilter("ignore")  # what is wrong with a file is found by reading it
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
