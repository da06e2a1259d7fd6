"""The registry, the plugins and the progress that every workflow uses; TensorFlow's import; a run's environment."""

from __future__ import annotations

import importlib
import platform
import sys
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import zoo
from zoo.data.opened import OpenedDataset
from zoo.errors import ZooError
from zoo.interfaces import Progress
from zoo.tensorflow_startup import quiet_start
from zoo.workflows.architecture_code import codes_of
from zoo.workflows.datasets import open_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zoo.interfaces import Architecture
    from zoo.plugins import Plugins
    from zoo.registry import Registry


@dataclass(frozen=True)
class Workspace:
    """The context of a workflow.

    Args:
        strict: an unreadable image is an error instead of being skipped.
    """

    registry: Registry
    plugins: Plugins
    progress: Progress = field(default_factory=Progress)
    strict: bool = False

    def open_dataset(self, dataset: str | OpenedDataset) -> OpenedDataset:
        """Open a dataset by its name or path, or return an opened one; see `zoo.workflows.datasets.open_images`."""
        if isinstance(dataset, OpenedDataset):
            return dataset
        self.progress.began(f"reading {dataset}")
        return open_images(self.plugins, self.registry, dataset, self.progress)


def start_tensorflow(progress: Progress) -> None:
    """Import Keras with TensorFlow, without TensorFlow's own output, and show that it is starting.

    Raises:
        ZooError: Keras has another backend in this process.
    """
    # Optuna imports tqdm, which warns in a notebook without ipywidgets about a bar that zoo never shows.
    warnings.filterwarnings("ignore", message="IProgress not found")
    if "keras" not in sys.modules:
        progress.began("starting TensorFlow")
    with quiet_start():
        keras = importlib.import_module("keras")
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ZooError(
            f"Keras runs on '{backend}' here, and zoo needs 'tensorflow': unset KERAS_BACKEND, restart Python, and "
            "import zoo before keras"
        )


def environment(decoders: Sequence[str] = (), architectures: Iterable[Architecture] = ()) -> dict[str, str]:
    """Return the versions that a result depends on.

    Args:
        decoders: as `OpenedDataset.decoders`.
        architectures: whose code is trained.
    """
    import keras
    import tensorflow as tf

    code = codes_of(architectures)
    return {
        "zoo": zoo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        **({"decoders": ", ".join(decoders)} if decoders else {}),
        **({"code": code} if code else {}),
    }
