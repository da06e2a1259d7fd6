"""zoo: find, fine-tune and keep the best image classifier for a dataset.

A plugin or a notebook needs nothing but the names below. Each is imported when it is first used, and TensorFlow not
before one of the functions works.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.errors import ZooError
    from zoo.face import evaluate, finetune, load, search, train
    from zoo.hookspecs import hookimpl
    from zoo.interfaces import Architecture, Dataset, Decoder, LabeledImages, Sizes, Source
    from zoo.models.flatten import flatten
    from zoo.models.hypermodels import from_hypermodel
    from zoo.models.pretrained.loading import load_weights
    from zoo.registry import open_registry

    __version__: str

# Keras and TensorFlow read these once, when they are first imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__all__ = [
    "Architecture",
    "Dataset",
    "Decoder",
    "LabeledImages",
    "Sizes",
    "Source",
    "ZooError",
    "evaluate",
    "finetune",
    "flatten",
    "from_hypermodel",
    "hookimpl",
    "load",
    "load_weights",
    "open_registry",
    "search",
    "train",
]

_MODULES = {
    "Architecture": "zoo.interfaces",
    "Dataset": "zoo.interfaces",
    "Decoder": "zoo.interfaces",
    "LabeledImages": "zoo.interfaces",
    "Sizes": "zoo.interfaces",
    "Source": "zoo.interfaces",
    "ZooError": "zoo.errors",
    "evaluate": "zoo.face",
    "finetune": "zoo.face",
    "flatten": "zoo.models.flatten",
    "from_hypermodel": "zoo.models.hypermodels",
    "hookimpl": "zoo.hookspecs",
    "load": "zoo.face",
    "load_weights": "zoo.models.pretrained.loading",
    "open_registry": "zoo.registry",
    "train": "zoo.face",
}  # `search` is _Face's


class _Face(ModuleType):
    """The module `zoo`, in which `search` is always the function, although `zoo.search` is a package as well.

    When the package is imported, Python sets it as the attribute `search` of this module; the setter ignores that. The
    package's modules are imported as ever: `from zoo.search.loop import TrialLoop`.
    """

    @property
    def search(self) -> Any:  # the function; type checkers read its type above
        from zoo.face import search

        return search

    @search.setter
    def search(self, package: ModuleType) -> None:
        """Python sets the package `zoo.search` once it is imported."""


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> Any:  # any attribute of a module
    if name == "__version__":
        return _version()
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo' has no attribute '{name}'")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__")), "__version__"]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("keras-zoo")
    except PackageNotFoundError:
        return "0.0.0+source"
