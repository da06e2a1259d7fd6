"""The tensors of a weights file, by name, and the kinds of files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Kind(StrEnum):
    """How a file names its tensors."""

    KERAS_3 = "Keras 3"
    """By their place among the layers of each class: `layers/conv2d_1/vars/0`."""
    KERAS_2 = "Keras 2"
    """By layer and weight, `conv1/kernel`, in the order of the network."""
    NUMBERED = "numbered"
    """`arr_0`, `arr_1`, …, as `numpy.savez` numbers arrays without names."""
    NAMED = "named"
    """By any other names."""


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of a file.

    Args:
        read: returns its values, while the file is open.
        layer: in a file of Keras, the name of its layer; empty if the file does not say it.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    layer: str = ""

    def values(self) -> np.ndarray:
        """Return its values.

        Raises:
            WeightsError: they are not numbers, not all finite, or larger than float32 can represent.
        """
        array = self.read()
        if array.dtype.kind == "V" and array.dtype.itemsize == 2:  # bfloat16, whose name NumPy does not store
            import ml_dtypes

            array = array.view(ml_dtypes.bfloat16)
        if array.dtype.name != "bfloat16" and array.dtype.kind not in "fiub":
            raise WeightsError(f"tensor '{self.name}' is of type {array.dtype}, not numbers")
        if not np.isfinite(array).all():
            raise WeightsError(f"tensor '{self.name}' has values that are not finite: it is damaged")
        if array.dtype.itemsize > 4 and np.max(np.abs(array), initial=0) > np.finfo(np.float32).max:
            raise WeightsError(
                f"tensor '{self.name}' has values larger than float32 can represent: it is damaged"
            )
        return array


@dataclass(frozen=True)
class StoredWeights:
    """The tensors of a file or folder, in its own order; they can be read while it is open.

    Args:
        location: of the file or folder, for messages.
    """

    location: str
    kind: Kind
    tensors: tuple[StoredTensor, ...]


def of_arrays(arrays: Mapping[str, np.ndarray]) -> StoredWeights:
    """Return tensors that are in memory."""
    return StoredWeights(
        "the tensors",
        Kind.NAMED,
        tuple(
            StoredTensor(name, np.shape(array), partial(np.asarray, array)) for name, array in arrays.items()
        ),
    )
