"""Loads a plugin's dataset or source, and checks that the result keeps the contract."""

from __future__ import annotations

from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import ContractError, DatasetError, ZooError, in_one_line, text_of
from zoo.interfaces import LabeledImages
from zoo.plugin_code.advice import described
from zoo.plugin_code.places import definition_of, file_of
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Dataset, Source, SourceContext


def load_dataset(dataset: Dataset) -> LabeledImages:
    """Return the result of the plugin's `load`. Its prints do not reach standard output.

    Raises:
        DatasetError: `load` raised an error.
        ContractError: the result breaks the contract.
    """

    def load() -> LabeledImages:
        # It may import TensorFlow, and Keras reports a download on standard output.
        with quiet_start() as shown, redirect_stdout(shown):
            return dataset.load()

    whose = f"dataset '{dataset.name}'"
    return _checked(load, whose, f"{whose} failed to load", dataset.load)


def load_source(source: Source, location: str, context: SourceContext) -> LabeledImages:
    """Return the images of the path or reference; raises as `load_dataset` does."""
    failure = f"source '{source.name}' failed to read '{location}'"
    return _checked(lambda: source.load(location, context), f"source '{source.name}'", failure, source.load)


def _checked(
    load: Callable[[], LabeledImages], whose: str, failure: str, function: Callable[..., LabeledImages]
) -> LabeledImages:
    """Return what `load` returns, which calls this function of a plugin."""
    try:
        images = load()
    except (ZooError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a plugin's code, which may raise anything
        reason = in_one_line(text_of(error))
        line = described(error, reason, file_of(function), definition=definition_of(function))
        raise DatasetError(f"{failure}: {line}") from error
    if not isinstance(images, LabeledImages):
        raise ContractError(f"{whose}: load() must return LabeledImages, got {type(images).__name__}")
    if not len(images.items):
        raise ContractError(f"{whose}: load() returns no images: check where it looks for them")
    if len(images.class_names) < 2:
        raise ContractError(f"{whose}: load() must return two classes or more, got {images.class_names}")
    for number, item in enumerate(images.items):
        if problem := _broken_item(item):
            raise ContractError(f"{whose}: image {number} {problem}")
    return images


def _broken_item(item: object) -> str:
    """Return how this item breaks the contract; empty if it keeps it."""
    if isinstance(item, Path):
        return ""
    if not isinstance(item, np.ndarray):
        return f"must be a pathlib.Path or a numpy array, got {type(item).__name__}"
    if item.dtype != np.uint8:
        return f"must hold uint8 pixels 0-255, got {item.dtype}"
    if item.ndim not in (2, 3) or item.shape[2:] not in ((), (1,), (3,)) or item.size == 0:
        return f"must have shape (height, width), (height, width, 1) or (height, width, 3), got {item.shape}"
    return ""
