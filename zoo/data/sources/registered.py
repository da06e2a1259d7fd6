"""A plugin's dataset becomes labeled images, once it is what the contract asks for."""

from __future__ import annotations

from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import ContractError, DatasetError, ZooError
from zoo.interfaces import LabeledImages
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from zoo.interfaces import Dataset


def load_registered(dataset: Dataset) -> LabeledImages:
    """What the plugin's `load` gives. What it prints is no part of a result.

    Raises:
        DatasetError: it raised.
        ContractError: it gave something else than the contract asks for.
    """
    try:
        # It may import TensorFlow, and Keras tells of a download on standard output.
        with quiet_start() as shown, redirect_stdout(shown):
            images = dataset.load()
    except ZooError:
        raise
    except Exception as error:  # a plugin's code; whatever goes wrong in it is told as its failure
        reason = f"{type(error).__name__}: {error}"
        raise DatasetError(f"dataset '{dataset.name}' failed to load ({reason}); see its plugin") from error
    if not isinstance(images, LabeledImages):
        raise ContractError(
            f"dataset '{dataset.name}': load() must return LabeledImages, got {type(images).__name__}"
        )
    if len(images.class_names) < 2:
        raise ContractError(
            f"dataset '{dataset.name}': load() must return two classes or more, got {images.class_names}"
        )
    for number, item in enumerate(images.items):
        if problem := _broken_item(item):
            raise ContractError(f"dataset '{dataset.name}': image {number} {problem}")
    return images


def _broken_item(item: object) -> str:
    """What the contract has against this item; empty if nothing."""
    if isinstance(item, Path):
        return ""
    if not isinstance(item, np.ndarray):
        return f"must be a pathlib.Path or a numpy array, got {type(item).__name__}"
    if item.dtype != np.uint8:
        return f"must hold uint8 pixels 0-255, got {item.dtype}"
    if item.ndim not in (2, 3) or item.shape[2:] not in ((), (1,), (3,)) or item.size == 0:
        return f"must have shape (height, width), (height, width, 1) or (height, width, 3), got {item.shape}"
    return ""
