"""zoo: find, fine-tune and keep the best image classifier for a dataset.

A plugin or a notebook needs nothing but the names below.
"""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from zoo.errors import ZooError
from zoo.hookspecs import hookimpl
from zoo.interfaces import Architecture, Dataset, LabeledImages

if TYPE_CHECKING:
    from zoo.registry import open_registry

# Keras and TensorFlow read these once, when they are first imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    __version__ = version("keras-zoo")
except PackageNotFoundError:
    __version__ = "0.0.0+source"

__all__ = ["Architecture", "Dataset", "LabeledImages", "ZooError", "hookimpl", "open_registry"]


def __getattr__(name: str) -> Any:  # any attribute of a module
    if name == "open_registry":
        from zoo.registry import open_registry

        return open_registry
    raise AttributeError(f"module 'zoo' has no attribute '{name}'")
